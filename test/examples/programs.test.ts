import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, expect, it } from 'vitest';
import { Opened } from './support.js';

const opened = new Opened();
const children: ChildProcess[] = [];

afterEach(async () => {
  await opened.closeAll();
  for (const child of children.splice(0)) {
    const gone = once(child, 'exit');
    child.kill();
    await gone;
  }
});

it.each([
  ['pipe.ts', 'ask'],
  ['plain-server.ts', 'greet'],
  ['hono.ts', 'greet'],
  ['server-node.ts', 'introduce'],
])('examples/%s run as a program prints its URL and serves a tool that elicits', async (file, tool) => {
  const child = spawn(process.execPath, ['--import', 'tsx', `examples/${file}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];

  const client = await opened.client(url);

  expect(await client.callTool(tool)).toMatch(/accept|Ada/);
});
