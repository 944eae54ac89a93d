/** The layers are kept apart by lint rules. Here the project's own configuration shows that it catches each breach. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const GUARDS = ['@typescript-eslint/no-restricted-imports', 'no-restricted-globals'];

/** The project's configuration, of which only the rules at stake run. They need no types, which take seconds. */
const eslint = new ESLint({
  cwd: root,
  ruleFilter: ({ ruleId }) => GUARDS.includes(ruleId),
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
});

/** The breaches of the layers that `code` has, as a part of `src/${file}`, which must exist. */
async function breaches(file: string, code: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(code, { filePath: `${root}src/${file}` });
  const messages = result?.messages ?? [];
  expect(messages.filter(({ fatal }) => fatal)).toEqual([]);
  return messages.map(({ ruleId }) => ruleId);
}

async function sourcesOf(folder: string): Promise<string[]> {
  const names = await readdir(`${root}src/${folder}`, { recursive: true });
  return names.filter((name) => name.endsWith('.ts')).map((name) => `${folder}/${name}`);
}

describe('src/routing', () => {
  test.each([
    'rxjs',
    'rxjs/operators',
    'debug',
    'node:async_hooks',
    'node:timers',
    'fs',
    '@modelcontextprotocol/sdk/types.js',
    '@modelcontextprotocol/server',
    '../debug.js',
    '../errors.js',
    '../interceptor/origin.js',
    '../index.js',
    './deeper/../../debug.js',
  ])('must not import %s', async (module) => {
    expect(await breaches('routing/route.ts', `export * from '${module}';\n`)).toEqual([GUARDS[0]]);
    expect(await breaches('routing/route.ts', `import type { X } from '${module}';\nexport type Y = X;\n`)).toEqual([
      GUARDS[0],
    ]);
  });

  test.each([
    'setTimeout(() => undefined, 1);',
    'setInterval(() => undefined, 1);',
    'setImmediate(() => undefined);',
    'queueMicrotask(() => undefined);',
    'export const now = Date.now();',
    'export const now = new Date();',
    'export const now = performance.now();',
    'export const { env } = process;',
  ])('must not use a clock, a timer or the process: %s', async (code) => {
    expect(await breaches('routing/route.ts', `${code}\n`)).toEqual([GUARDS[1]]);
  });

  test('may import what is beside it', async () => {
    expect(await breaches('routing/route.ts', "export { Ledger } from './ledger.js';\n")).toEqual([]);
  });
});

describe('src/interceptor', () => {
  test.each([
    '@modelcontextprotocol/sdk/types.js',
    '@modelcontextprotocol/server',
    '../index.js',
    '../backchannel.js',
    '../proxy/session.js',
    '../cli.js',
    '../register.js',
  ])('must not import %s', async (module) => {
    expect(await breaches('interceptor/pipeline.ts', `export * from '${module}';\n`)).toEqual([GUARDS[0]]);
  });

  test('may import rxjs, node: and routing, and may look at the clock', async () => {
    const code = [
      "export { Subject } from 'rxjs';",
      "export { AsyncLocalStorage } from 'node:async_hooks';",
      "export { route } from '../routing/route.js';",
      'export const now = performance.now();',
    ];
    expect(await breaches('interceptor/pipeline.ts', `${code.join('\n')}\n`)).toEqual([]);
  });
});

describe('src/proxy', () => {
  test.each(['../cli.js', '../cli/options.js', '../register.js'])('must not import %s', async (module) => {
    expect(await breaches('proxy/proxy.ts', `export * from '${module}';\n`)).toEqual([GUARDS[0]]);
  });

  test('may import the SDK', async () => {
    const code = "export type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';\n";
    expect(await breaches('proxy/proxy.ts', code)).toEqual([]);
  });
});

test('the core must not import the SDK', async () => {
  const code = "export type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';\n";
  expect(await breaches('backchannel.ts', code)).toEqual([GUARDS[0]]);
});

test.each(['routing', 'interceptor', 'proxy'])('what is in src/%s breaches nothing', async (folder) => {
  const files = await sourcesOf(folder);
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    expect(await breaches(file, await readFile(`${root}src/${file}`, 'utf8'))).toEqual([]);
  }
});
