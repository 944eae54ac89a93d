/** What the start of the command does not need is loaded later. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Says on stderr what is loaded. */
const HOOKS = `
  import { writeSync } from 'node:fs';
  export async function load(url, context, next) {
    writeSync(2, 'loads ' + url + '\\n');
    return next(url, context);
  }`;

const dataUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;

test('the command serves before it has loaded the SDK, zod, the HTTP client or the metrics', async () => {
  const preload = dataUrl(`import { register } from 'node:module'; register(${JSON.stringify(dataUrl(HOOKS))});`);
  const args = ['--import', preload, CLI, '--port', '0', '--', process.execPath, '--version'];
  const command = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(command, 'exit');
  const loaded: string[] = [];
  for await (const line of createInterface(command.stderr)) {
    if (line.includes(': serves ')) break;
    loaded.push(line.replace('loads ', ''));
  }
  command.kill('SIGKILL');
  await ended;
  expect(loaded.some((url) => url.endsWith('/dist/cli/run.js'))).toBe(true);
  expect(loaded.filter((url) => /\/node_modules\/(@modelcontextprotocol|zod|undici|prom-client)\//.test(url))).toEqual(
    [],
  );
});
