/** What no client could read: it is a finding, and no reason for the doctor to fail. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'vitest';
import { relay } from './relay.js';
import { CLI, doctor, verdictsIn } from './support.js';

const MS = 60_000;
const JSON_TYPE = { 'content-type': 'application/json' };
const EVENTS = { 'content-type': 'text/event-stream' };

function endless(status: number, headers: Readonly<Record<string, string>>): (response: ServerResponse) => void {
  const part = 'x'.repeat(64 * 1024);
  return (response) => {
    response.writeHead(status, headers);
    const more = (): void => {
      while (!response.destroyed && response.write(part));
    };
    response.on('drain', more);
    more();
  };
}

const BODIES: readonly (readonly [string, (response: ServerResponse) => void, RegExp])[] = [
  ['null', (response) => response.writeHead(200, JSON_TYPE).end('null'), /^this is not a message: null/],
  ['a batch of numbers', (response) => response.writeHead(200, JSON_TYPE).end('[1]'), /^this is not a message: \[1\]/],
  [
    'what is no JSON',
    (response) => response.writeHead(200, EVENTS).end('data: <html>\n\n'),
    /^this is not JSON: <html>/,
  ],
  ['a body without end', endless(200, JSON_TYPE), /longer than 4 MiB/],
  ['a refusal without end', endless(500, JSON_TYPE), /longer than 4 MiB/],
  ['an event without end', endless(200, EVENTS), /longer than 4 MiB/],
];

describe.concurrent('the doctor', () => {
  it.for(BODIES)(
    'calls %s refused, and goes on',
    { timeout: MS },
    async ([, write, detail], { expect, onTestFinished }) => {
      const proxy = await relay(({ tool, response, pass }) => {
        if (tool === 'doctor_roots') write(response);
        else pass();
      });
      onTestFinished(async () => proxy.close());
      const ended = await doctor('--json', '--timeout', '3s', '--url', proxy.url);
      const { roots, 'two-sessions': twoSessions } = verdictsIn(ended);
      expect(roots).toEqual(['refused', expect.stringMatching(detail)]);
      expect(twoSessions?.[0]).toBe('works');
      expect(ended.code).toBe(1);
    },
  );

  it.for(['http://', 'http://example.com/messages'])(
    'opens no session where the endpoint of HTTP+SSE is %s',
    async (endpoint, { expect, onTestFinished }) => {
      const proxy = await relay(({ response }) => {
        response.writeHead(200, EVENTS).write(`event: endpoint\ndata: ${endpoint}\n\n`);
      });
      onTestFinished(async () => proxy.close());
      const { code, stderr } = await doctor('--sse', '--url', proxy.url);
      expect(stderr).toMatch(/the proxy opens no session: its endpoint is/);
      expect(code).toBe(2);
    },
  );

  it('blames itself, with exit code 3, for what is thrown in it', async ({ expect, onTestFinished }) => {
    const proxy = await relay(() => undefined);
    onTestFinished(async () => proxy.close());
    const thrower = 'data:text/javascript,setTimeout(() => { throw new Error("a bug") }, 500)';
    const child = spawn(process.execPath, ['--import', thrower, CLI, 'doctor', '--url', proxy.url]);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    expect(await once(child, 'close')).toEqual([3, null]);
    expect(stderr).toMatch(/this is a fault of the doctor, not of the proxy: Error: a bug/);
  });
});
