/** What the README and docs print as code: whoever pastes it needs nothing that it does not name. */
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, it } from 'vitest';

/** What a snippet is pasted next to: the reader's own, or that of the snippet above it. */
const READERS = new Set([
  ...[
    'server',
    'client',
    'upstream',
    'transport',
    'downstreamTransport',
    'upstreamTransport',
    'serverTransport',
    'clientTransport',
  ],
  ...['app', 'fastify', 'hono', 'proxy', 'mcpProxy', 'sessions'],
]);
const OF_JAVASCRIPT = new Set(['console', 'Object', 'undefined']);

const ROOT = new URL('../../', import.meta.url);
const PAGES = ['README.md', ...readdirSync(new URL('docs', ROOT)).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);
const SNIPPETS = PAGES.flatMap((page) => {
  const text = readFileSync(new URL(page, ROOT), 'utf8');
  return [...text.matchAll(/^```(?:js|ts)\n(.*?)^```$/gms)].map(([, code = '']) => [page, code] as const);
});

/** The names that a snippet neither imports nor declares. */
function unknownTo(code: string): string[] {
  const file = ts.createSourceFile('snippet.mts', code, ts.ScriptTarget.Latest);
  const host: ts.CompilerHost = {
    ...ts.createCompilerHost({}),
    getSourceFile: (name) => (name === 'snippet.mts' ? file : undefined),
    fileExists: (name) => name === 'snippet.mts',
  };
  const program = ts.createProgram(['snippet.mts'], { noResolve: true, noLib: true }, host);
  expect(program.getSyntacticDiagnostics(file).map(({ messageText }) => messageText)).toEqual([]);
  return program.getSemanticDiagnostics(file).flatMap(({ messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, ' ');
    return /^(?:Cannot find name|No value exists in scope for the shorthand property) '(\w+)'/.exec(text)?.[1] ?? [];
  });
}

/** Modules, and what is imported from each. */
function importsOf(code: string): [string, string[]][] {
  return [...code.matchAll(/^import \{ (.*) \} from '(.*)';$/gm)].map(([, names = '', module = '']) => [
    module,
    names.split(', '),
  ]);
}

it('finds what a snippet leaves out', () => {
  expect(unknownTo("import { a } from 'a';\na(b, { c });\n")).toEqual(['b', 'c']);
});

it.each(SNIPPETS.map(([page, code]) => [page, code.split('\n').find((line) => !/^(import|$)/.test(line)), code]))(
  '%s: %s has all that it uses',
  async (_page, _title, code = '') => {
    expect(unknownTo(code).filter((name) => !READERS.has(name) && !OF_JAVASCRIPT.has(name))).toEqual([]);
    for (const [module, names] of importsOf(code))
      expect(Object.keys((await import(module)) as object), module).toEqual(expect.arrayContaining(names));
  },
);
