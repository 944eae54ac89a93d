/** Proxies that the doctor cannot try: what it says of them, and what it tries all the same. */
import { describe, it } from 'vitest';
import { createBackend } from '../../examples/lib/backend.js';
import { serve } from '../../examples/lib/serve.js';
import type { Report } from '../../src/doctor/report.js';
import { relay, type Passing } from './relay.js';
import { BACKEND, doctor } from './support.js';

const MS = 60_000;
const PAGE = '<!doctype html>\n<html><body><pre>Cannot POST /mcp</pre></body></html>';

describe.concurrent('the doctor says of a URL', { timeout: MS }, () => {
  it.for<[string, (passing: Passing) => void, RegExp]>([
    [
      'that a page is no answer',
      ({ response }) => response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE),
      /the answer is text\/html, neither JSON nor an event stream\. Its endpoint may be elsewhere: give it by --path/,
    ],
    [
      'what a page says, without its tags',
      ({ response }) => response.writeHead(404, { 'content-type': 'text/html' }).end(PAGE),
      /HTTP 404: Cannot POST \/mcp\. Its endpoint may be elsewhere/,
    ],
    [
      'that it may serve HTTP+SSE, where it takes no POST',
      ({ response }) => response.writeHead(405).end(),
      /HTTP 405\. Its endpoint takes no POST: add --sse if it serves HTTP\+SSE\n/,
    ],
    [
      'that a call which asks nothing is refused',
      ({ tool, response, pass }) => {
        if (tool === 'doctor_echo') response.writeHead(500).end('no');
        else pass();
      },
      /the proxy refuses a tools\/call that asks nothing: HTTP 500: no\n/,
    ],
    [
      'that it closes connections',
      ({ request }) => request.socket.destroy(),
      /the proxy opens no session: socket hang up/,
    ],
  ])('%s', async ([, oddly, said], { expect, onTestFinished }) => {
    const proxy = await relay(oddly);
    onTestFinished(async () => proxy.close());
    const { code, stdout, stderr } = await doctor('--url', proxy.url);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(said);
  });

  it('whose --header it needs, and gives it', async ({ expect, onTestFinished }) => {
    const proxy = await relay(({ request, response, pass }) => {
      if (request.headers.authorization === 'Bearer secret') pass();
      else response.writeHead(401).end();
    });
    onTestFinished(async () => proxy.close());
    const [without, withIt] = await Promise.all([
      doctor('--url', proxy.url),
      doctor('--url', proxy.url, '--header', 'authorization: Bearer secret'),
    ]);
    expect(without.stderr).toMatch(/HTTP 401\. It may need a credential: give it by --header\n/);
    expect(withIt.code).toBe(0);
  });

  it('what the proxy answers by itself, and how to try the rest, where another server is behind it', async (context) => {
    const { expect, onTestFinished } = context;
    const served = await serve({
      async onSession(transport) {
        await createBackend().connect(transport);
        return transport;
      },
    });
    onTestFinished(async () => served.close());
    const [told, json] = await Promise.all([doctor('--url', served.url), doctor('--url', served.url, '--json')]);
    expect(told.code).toBe(2);
    expect(told.stdout.split('\n').slice(3, -1)).toEqual([
      '  ok           session                  Mcp-Session-Id',
      '  wrong        foreign Origin           200, not 403: a web page could use it',
      '  ok           notification             202',
      '  ok           GET stream               200',
      '  ok           unknown session          404',
      '  ok           DELETE                   200',
      '  ok           ended session            404',
    ]);
    expect(told.stderr).toMatch(/not the backend of the doctor\. No message that a backend starts was tried\./);
    expect(told.stderr).toMatch(/^ {2}npx -y mcp-backchannel doctor backend$/m);
    const { ok, situations, stopped, alone = [] } = JSON.parse(json.stdout) as Report;
    expect({ ok, situations, stopped }).toEqual({
      ok: false,
      situations: [],
      stopped: 'the server behind the proxy is not the backend of the doctor',
    });
    expect(alone.map((statement) => statement.ok)).toEqual([true, false, true, true, true, true, true]);
    // Nothing is left open.
    expect(served.sessions.size).toBe(0);
  });
});

describe.concurrent('the doctor says of a command', { timeout: MS }, () => {
  const SDK_SERVER = `"${BACKEND.command}" --import tsx examples/lib/backend-stdio.ts`;

  it.for([
    [
      'that it names no backend',
      `node dist/cli.js --port {port} -- ${SDK_SERVER}`,
      /not the backend of the doctor\. Name that in the command: \{backend\}, \{backend-url\} or \{config\}\n$/,
    ],
    [
      'what it said, where it ends at once: the error, not the stack',
      `node -e "throw new Error('no such ' + 'backend')" {port}`,
      /ended before it listened at \S+\nIt said:\n(?: {2}.*\n)* {2}Error: no such backend\n$/,
    ],
    ['what the shell says of it', 'no-such-proxy {port}', /It said:\n {2}.*no-such-proxy.*not found\n$/],
    ['that its quotes are not closed', `node "{backend} {port}`, /It said:\n {2}.*[Uu]nterminated|unexpected EOF/],
  ] as const)('%s', async ([, command, said], { expect }) => {
    const { code, stdout, stderr } = await doctor('--proxy', command);
    expect(stderr).toMatch(said);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('nothing else than of a quiet one, if it prints a lot', async ({ expect }) => {
    const noise = `for (let i = 0; i < 20000; i++) { console.log('out', i); console.error('err', i); }`;
    const command = `node -e "${noise}"; exec node dist/cli.js --port {port} -- {backend}`;
    expect(await doctor('--json', '--proxy', command)).toMatchObject({ code: 0, stderr: '' });
  });
});
