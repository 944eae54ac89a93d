/** The names of the tests of a file that are run, read from its source: titles, and what stands in the rows of tables. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';

const NOT_RUN = ['skip', 'todo', 'fails'];

/** `test.skipIf(…).each(table)(…)`: what is called in the end, by which names on the way, with which tables. */
interface Callee {
  readonly root: string;
  readonly names: readonly string[];
  readonly tables: readonly ts.Expression[];
}

/** @param text what is read in place of the file */
export function titlesIn(file: URL, text = readFileSync(file, 'utf8')): Set<string> {
  const titles = new Set<string>();
  const source = parsed(file, text);
  const look = (node: ts.Node): void => {
    const callee = ts.isCallExpression(node) ? calleeOf(node.expression) : undefined;
    if (callee?.names.some((name) => NOT_RUN.includes(name)) === true) return;
    if (ts.isCallExpression(node) && (callee?.root === 'it' || callee?.root === 'test')) {
      const [title] = node.arguments;
      if (title !== undefined && ts.isStringLiteralLike(title)) titles.add(title.text);
      for (const table of callee.tables) textsIn(table, source, file).forEach((text) => titles.add(text));
    }
    ts.forEachChild(node, look);
  };
  look(source);
  return titles;
}

function parsed(file: URL, text: string): ts.SourceFile {
  return ts.createSourceFile(file.pathname, text, ts.ScriptTarget.Latest, true);
}

function calleeOf(expression: ts.Expression): Callee {
  const names: string[] = [];
  const tables: ts.Expression[] = [];
  let at = expression;
  for (;;) {
    if (ts.isPropertyAccessExpression(at)) {
      names.push(at.name.text);
      at = at.expression;
    } else if (ts.isCallExpression(at)) {
      if (ts.isPropertyAccessExpression(at.expression) && at.expression.name.text === 'each') {
        tables.push(...at.arguments);
      }
      at = at.expression;
    } else {
      return { root: ts.isIdentifier(at) ? at.text : '', names, tables };
    }
  }
}

/** The texts of a table, also where it is declared elsewhere: in this file, or in one that it imports. */
function textsIn(table: ts.Node, source: ts.SourceFile, file: URL): string[] {
  const texts: string[] = [];
  const look = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) texts.push(node.text);
    if (ts.isIdentifier(node)) texts.push(...declared(node.text, source, file));
    ts.forEachChild(node, look);
  };
  look(table);
  return texts;
}

function declared(name: string, source: ts.SourceFile, file: URL): string[] {
  for (const statement of source.statements) {
    if (ts.isVariableStatement(statement)) {
      const found = statement.declarationList.declarations.find((each) => each.name.getText() === name);
      if (found?.initializer !== undefined) return textsIn(found.initializer, source, file);
    }
    if (ts.isFunctionDeclaration(statement) && statement.name?.text === name && statement.body !== undefined) {
      return textsIn(statement.body, source, file);
    }
    if (ts.isImportDeclaration(statement) && statement.importClause?.namedBindings?.getText().includes(name) === true) {
      const { text } = statement.moduleSpecifier as ts.StringLiteral;
      if (!text.startsWith('.')) return [];
      const imported = new URL(text.replace(/\.js$/, '.ts'), file);
      return declared(name, parsed(imported, readFileSync(imported, 'utf8')), imported);
    }
  }
  return [];
}
