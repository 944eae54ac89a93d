/** A server over stdio, as a session speaks to it. */
import { EventEmitter, once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { ChildTransport } from '../../../src/backends/stdio/child-transport.js';
import { Children } from '../../../src/backends/stdio/process-groups.js';
import type { JsonRpcMessage } from '../../../src/routing/message.js';

const MIB = 1_048_576;

/** Says that it is there, and reads, and repeats what it reads, when it is told to. */
const LATE_READER = `
  setInterval(() => {}, 60_000);
  process.once('SIGUSR2', () => process.stdin.on('end', () => process.exit()).pipe(process.stdout));
  console.log('{"jsonrpc":"2.0","method":"ready"}');
`;

class Started extends Children {
  pid = 0;
  override add(pid: number): void {
    this.pid = pid;
    super.add(pid);
  }
}

const children = new Started();
afterEach(() => {
  children.kill();
});

function serverRunning(script: string): ChildTransport {
  const spec = { command: process.execPath, args: ['-e', script], env: {}, cwd: undefined };
  return new ChildTransport({ ...spec, children });
}

it('refuses what a server does not read beyond 16 MiB, loses nothing that it took, and takes more once that is read', async () => {
  const server = serverRunning(LATE_READER);
  const repeated: unknown[] = [];
  const arrivals = new EventEmitter();
  const came = async (what: string): Promise<unknown> => once(arrivals, what);
  server.onmessage = ({ id, method }) => {
    repeated.push(id ?? method);
    arrivals.emit(String(id ?? method));
  };
  const ready = came('ready');
  await server.start();
  await ready;

  const sent: Promise<string>[] = [];
  for (let id = 0; id < 20; id++) {
    const taken = server.send(message(id));
    sent.push(
      taken.then(
        () => 'taken',
        (error: unknown) => String(error),
      ),
    );
    await nextTurn();
  }
  process.kill(children.pid, 'SIGUSR2');
  const outcomes = await Promise.all(sent);
  expect(outcomes).toEqual([
    ...Array<string>(16).fill('taken'),
    ...Array<string>(4).fill('Error: the process does not read what it was sent before'),
  ]);

  const again = came('again');
  await server.send(message('again'));
  await again;
  expect(repeated).toEqual(['ready', ...Array(16).keys(), 'again']);
  await server.close();
});

it('answers in the place of an answer that is not valid, and goes on', async () => {
  const server = serverRunning(`
    console.log('{"jsonrpc":"2.0","id":1,"result":null}');
    console.log('no JSON');
    console.log('{"jsonrpc":"2.0","id":2,"method":"ask","params":3}');
    console.log('{"jsonrpc":"2.0","id":3,"result":{}}');
    process.stdin.resume();
  `);
  const got: JsonRpcMessage[] = [];
  const errors: Error[] = [];
  server.onerror = (error) => errors.push(error);
  const last = new Promise<void>((resolve) => {
    server.onmessage = (told) => {
      got.push(told);
      if (told.id === 3) resolve();
    };
  });
  await server.start();
  await last;
  expect(got).toMatchObject([
    { id: 1, error: { code: -32000 } },
    { id: 3, result: {} },
  ]);
  expect(errors).toHaveLength(3);
  await server.close();
});

it('reads a message of many parts whole, its characters cut, and ends a server whose message has no end', async () => {
  const text = '€'.repeat(MIB);
  const server = serverRunning(`
    const text = '€'.repeat(${MIB});
    process.stdout.write(JSON.stringify({ jsonrpc: '2.0', method: 'long', params: { text } }) + '\\n');
    process.stdin.once('data', () => process.stdout.write('x'.repeat(${170 * MIB}))).on('end', () => process.exit());
  `);
  const errors: Error[] = [];
  server.onerror = (error) => errors.push(error);
  const told = new Promise<JsonRpcMessage>((resolve) => (server.onmessage = resolve));
  const closed = new Promise<void>((resolve) => (server.onclose = resolve));
  await server.start();
  const { params } = await told;
  expect((params as { readonly text: string }).text === text).toBe(true);
  await server.send({ jsonrpc: '2.0', method: 'go on' });
  await closed;
  expect(errors.map(String)).toContain(
    'RangeError: a message of the backend is longer than 10485760 characters (--max-message), and does not end',
  );
});

function message(id: string | number): JsonRpcMessage {
  return { jsonrpc: '2.0', id, method: 'x', params: { text: 'x'.repeat(MIB) } };
}
