/** What is passed on unchanged is written as the very text that was read, between a raw client and a raw backend. */
import { createServer, type IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { HttpTransport } from '../../src/backends/http/http-transport.js';
import { ChildTransport } from '../../src/backends/stdio/child-transport.js';
import type { TransportLike } from '../../src/transport-like.js';
import { listen, proxies } from './support.js';

const open = proxies();
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const CALL = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":';
const RESULT = '{"jsonrpc":"2.0","id":1,"result":{"content":[],"echo":';
const INITIALIZED =
  '"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"raw","version":"1"}}';

/** Answers as text, without a parser of numbers. A notification before the answer has the same text in it. */
function answersTo(text: string): string[] {
  const { id, method } = JSON.parse(text) as { id?: unknown; method?: string };
  if (method === 'initialize') return [`{"jsonrpc":"2.0","id":${JSON.stringify(id)},${INITIALIZED}}`];
  if (method === 'tools/call') {
    const echoed = text.slice(text.indexOf('"arguments":') + '"arguments":'.length, -2);
    return [
      `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":${echoed}}}`,
      `${RESULT}${echoed}}}`,
    ];
  }
  return [];
}

const OVER_STDIO = `
  const CALL = ${JSON.stringify(CALL)}, RESULT = ${JSON.stringify(RESULT)}, INITIALIZED = ${JSON.stringify(INITIALIZED)};
  ${answersTo.toString()}
  let rest = '';
  process.stdin.setEncoding('utf8').on('data', (chunk) => {
    const lines = (rest + chunk).split('\\n');
    rest = lines.pop();
    for (const line of lines) for (const answer of answersTo(line)) process.stdout.write(answer + '\\n');
  });`;

const UPSTREAMS: Readonly<Record<string, () => Promise<() => TransportLike>>> = {
  stdio: async () => {
    const spec = { command: process.execPath, args: ['-e', OVER_STDIO], env: {}, cwd: undefined };
    return Promise.resolve(() => new ChildTransport({ ...spec, children: new Set() as never }));
  },
  'Streamable HTTP': async () => {
    const http = createServer((request, response) => {
      void textOf(request).then((text) => {
        const answers = request.method === 'POST' ? answersTo(text) : [];
        if (answers.length === 0) {
          response.writeHead(request.method === 'GET' ? 405 : 202).end();
          return;
        }
        response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': 'raw' });
        for (const answer of answers) response.write(`data: ${answer.replaceAll('\n', '\ndata: ')}\n\n`);
        response.end();
      });
    });
    closing.push(() => http.close().closeAllConnections());
    const url = new URL(await listen(http));
    return () => new HttpTransport(url);
  },
};

async function textOf(request: IncomingMessage): Promise<string> {
  request.setEncoding('utf8');
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** Relays a call with these arguments. @returns what came of them to the client: in a notification, and in the answer */
async function relays(connect: () => TransportLike): Promise<(args: string) => Promise<string[]>> {
  const { url } = await open(connect);
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const post = async (body: string, more = {}): Promise<Response> =>
    fetch(url, { method: 'POST', body, headers: { ...headers, ...more } });
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
  const begun = await post(JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }));
  await begun.text();
  const session = { 'mcp-session-id': begun.headers.get('mcp-session-id') ?? '' };
  return async (args) => {
    const answer = await post(`${CALL}${args}}}`, session);
    const events = (await answer.text()).split('\n\n').filter((event) => event.includes('data: '));
    const messages = events.map((event) =>
      event.slice(event.indexOf('data: ') + 'data: '.length).replaceAll('\ndata: ', '\n'),
    );
    return messages.map((message) => /"(?:data|echo)":(.*)\}\}$/s.exec(message)?.[1] ?? message);
  };
}

const space = fc.constantFrom('', '', ' ', '  ', '\t');
const digits = fc.string({ unit: fc.constantFrom('0', '1', '2', '5', '9'), minLength: 1, maxLength: 40 });
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.constantFrom('0', '1', '9'),
    digits,
    fc.constantFrom('', '.0', '.10', 'e400', 'E+2', '.5e-7'),
  )
  .map(([sign, first, more, end]) => `${sign}${first === '0' ? '0' : first + more}${end}`);
const text = fc
  .array(fc.constantFrom('a', 'ä', '😀', '\\u0041', '\\/', '\\n', '\\"', '\\\\', '\\ud83d\\ude00', ' ', '}', ']'), {
    maxLength: 8,
  })
  .map((parts) => `"${parts.join('')}"`);
const { object } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    number,
    text,
    fc.constantFrom('true', 'false', 'null'),
    fc.tuple(space, fc.array(tie('value'), { maxLength: 4 })).map(([gap, all]) => `[${gap}${all.join(`${gap},`)}]`),
    tie('object'),
  ),
  // Keys in any order, and twice.
  object: fc
    .array(fc.tuple(fc.constantFrom('"b"', '"a"', '"1"', '"__proto__"', '"\\u0061"'), space, tie('value')), {
      maxLength: 5,
    })
    .map((members) => `{${members.map(([key, gap, member]) => `${gap}${key}${gap}:${gap}${member}`).join(',')}}`),
}));

test.each(Object.entries(UPSTREAMS))(
  'every text is relayed as it was written, with a backend over %s',
  async (_name, start) => {
    const relay = await relays(await start());
    await fc.assert(
      fc.asyncProperty(object, async (args) => {
        expect(await relay(args)).toEqual([args, args]);
      }),
      { numRuns: 100 },
    );
  },
);

test.each(Object.entries(UPSTREAMS))(
  'so are 2 MB, and line breaks count as spaces, with a backend over %s',
  async (name, start) => {
    const relay = await relays(await start());
    const long = `{"numbers":[${Array.from({ length: 100_000 }, (_, at) => `${at + 1}0000000000000001.0`).join(',')}]}`;
    // A failure must not print them.
    expect((await relay(long)).map((seen) => seen === long)).toEqual([true, true]);
    const pretty = '{\n  "a": 1.0,\n  "b": 9007199254740993\n}';
    const seen = name === 'stdio' ? pretty.replaceAll('\n', ' ') : pretty;
    expect(await relay(pretty)).toEqual([seen, seen]);
  },
);
