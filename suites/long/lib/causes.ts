/** Lists the bugs that were found during development. The name of each regression test says what was wrong. */
import ts from 'typescript';
import { table, type Json } from '../../lib/markdown.js';

export interface Causes {
  readonly causes: readonly { readonly cause: string; readonly file: string }[];
}

/** @param files the text of each, by its path */
export function causesOf(files: ReadonlyMap<string, string>): Causes {
  return { causes: [...files].flatMap(([file, text]) => testsIn(file, text).map((cause) => ({ cause, file }))) };
}

/** The names of `test('…', …)` and `test.each(…)('…', …)`. */
function testsIn(file: string, text: string): string[] {
  const names: string[] = [];
  const look = (node: ts.Node): void => {
    ts.forEachChild(node, look);
    if (!ts.isCallExpression(node) || !isTest(node.expression)) return;
    const [name, work] = node.arguments;
    if (name === undefined || work === undefined) return;
    // A test that is not listed would be a bug that is not told of.
    if (!ts.isStringLiteralLike(name)) throw new Error(`${file}: the name of a test is no plain string`);
    names.push(name.text);
  };
  look(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return names;
}

function isTest(callee: ts.Expression): boolean {
  if (ts.isIdentifier(callee)) return callee.text === 'test' || callee.text === 'it';
  return (
    ts.isCallExpression(callee) &&
    ts.isPropertyAccessExpression(callee.expression) &&
    isTest(callee.expression.expression)
  );
}

export function causes(result: Json): string {
  const all = result['causes'] as Causes['causes'];
  const files = [...new Set(all.map(({ file }) => file))];
  const rows = files.map((file) => {
    const names = all.filter((one) => one.file === file).map(({ cause }) => cause.replaceAll('|', '\\|'));
    return [`\`${file.replace('test/regression/', '')}\``, String(names.length), names.join('; ')];
  });
  return `${all.length} regression tests. A name that tells what went wrong stands for a bug that was found during development. The others guard
something that is easy to get wrong. [causes](causes.md) lists every bug that a user could have met, also those whose test is in
another folder.

${table(['where', 'tests', 'what was wrong, or must not go wrong'], rows)}`;
}
