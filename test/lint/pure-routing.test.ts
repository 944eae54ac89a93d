/** The policy is pure: ESLint refuses clocks, timers and the process in it. What it imports is a matter of layers.test.ts. */
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The project's configuration, of which only the rule at stake runs. It needs no types, which take seconds. */
const eslint = new ESLint({
  cwd: root,
  ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-globals',
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
});

/** How often `code` breaches the rule, as a part of `src/${file}`, which must exist. */
async function breaches(file: string, code: string): Promise<number> {
  const [result] = await eslint.lintText(code, { filePath: `${root}src/${file}` });
  const messages = result?.messages ?? [];
  expect(messages.filter(({ fatal }) => fatal)).toEqual([]);
  return messages.length;
}

test.each([
  'setTimeout(() => undefined, 1);',
  'setInterval(() => undefined, 1);',
  'setImmediate(() => undefined);',
  'queueMicrotask(() => undefined);',
  'export const now = Date.now();',
  'export const now = new Date();',
  'export const now = performance.now();',
  'export const { env } = process;',
])('src/routing must not use a clock, a timer or the process: %s', async (code) => {
  expect(await breaches('routing/route.ts', `${code}\n`)).toBe(1);
});

test('src/interceptor may look at the clock', async () => {
  expect(await breaches('interceptor/pipeline.ts', 'export const now = performance.now();\n')).toBe(0);
});
