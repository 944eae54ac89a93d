/** What the command tells, and what it never does. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Logs } from '../../src/cli/logs.js';
import { UpstreamFactory } from '../../src/cli/upstream-factory.js';
import { listen } from '../proxy/support.js';

const URL_SPEC = {
  kind: 'url',
  url: new URL('http://127.0.0.1:1/mcp'),
  headers: [],
  passHeaders: ['x-key'],
  varyHeaders: [],
} as const;

function logsTo(json = false): { logs: Logs; lines: string[] } {
  const lines: string[] = [];
  return { logs: new Logs(json, (line) => lines.push(line)), lines };
}

const connection = (key: string): { headers: Headers; signal: AbortSignal } => ({
  headers: new Headers({ 'x-key': key }),
  signal: new AbortController().signal,
});

describe('a secret', () => {
  it.each([false, true])('is hidden where the command that was given it prints it; as JSON: %s', (json) => {
    const { logs, lines } = logsTo(json);
    const env = { API_KEY: 'key-"of"-mine', PEM: 'BEGIN\nfirst-line-of-it\nEND' };
    new UpstreamFactory({ kind: 'command', command: 'node', args: [], env, cwd: undefined }, logs);
    logs.ofUpstream('node', 1, 'uses key-"of"-mine');
    logs.ofUpstream('node', 1, 'uses {"key":"key-\\"of\\"-mine"}');
    logs.ofUpstream('node', 1, 'uses first-line-of-it');
    logs.error(`cannot use ${env.PEM}`);
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line).not.toMatch(/mine|first-line|BEGIN/);
  });

  it('of less than 8 characters is left, so that ordinary words are', () => {
    const { logs, lines } = logsTo();
    const env = { DEBUG: '1', VERBOSE: 'true', SHORT: '1234567', LONG: '12345678' };
    new UpstreamFactory({ kind: 'command', command: 'node', args: [], env, cwd: undefined }, logs);
    logs.ofUpstream('node', 1, 'it is true that 1 is 1234567, not 12345678');
    expect(lines).toEqual(['[node 1] it is true that 1 is 1234567, not ***']);
  });

  it('that another begins with leaves nothing of the other to be seen', () => {
    const { logs, lines } = logsTo();
    for (const secret of ['open-sesame', 'open-sesame-please']) logs.hide(secret);
    logs.info('open-sesame-please open-sesame');
    expect(lines).toEqual(['mcp-backchannel: *** ***']);
  });
});

describe('a line of the timeline', () => {
  const ROUTE = {
    kind: 'route',
    at: 0,
    session: 'session',
    client: 'client',
    id: 1,
    method: 'ping',
    call: 7,
    to: 'request',
    evidence: 'sole',
    outcome: 'delivered',
    error: undefined,
    waitedMs: 0,
  } as const;

  it('hides a secret also where it cuts the text', () => {
    const { logs, lines } = logsTo();
    logs.hide('open-sesame');
    logs.event({ ...ROUTE, error: `${'x'.repeat(195)}open-sesame` });
    expect(lines).toEqual([expect.stringMatching(/: x{195}\*{3}$/)]);
  });

  it.each([false, true])('is told in our own words, though a secret is one of them; as JSON: %s', (json) => {
    const { logs, lines } = logsTo(json);
    for (const word of ['delivered', 'client-1']) logs.hide(word);
    logs.event({ ...ROUTE, client: 'client-1' });
    expect(lines).toEqual([expect.stringMatching(/\*\*\*.*delivered/)]);
    expect(lines[0]).not.toContain('client-1');
  });

  it('is an object of --json also for a question, which has no line of its own in words', () => {
    const question = { ...ROUTE, kind: 'question', target: undefined } as const;
    const [plain, json] = [logsTo(), logsTo(true)];
    for (const { logs } of [plain, json]) logs.event(question);
    expect(plain.lines).toEqual([]);
    expect(json.lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({
        level: 'info',
        event: expect.objectContaining({ kind: 'question', id: 1 }) as unknown,
      }),
    ]);
  });
});

describe('the value of a header that is passed on', () => {
  it.each([1, 20, 35])('is hidden where %i characters of it are left of a text that was cut off', async (left) => {
    const { logs, lines } = logsTo();
    const own = 'key-of-the-client-that-nobody-must-see';
    const http = createServer((_request, response) => {
      response.writeHead(500).end(`${'x'.repeat(4_096 - left)}${own} and more`);
    });
    const spec = { ...URL_SPEC, url: new URL(await listen(http)) };
    const transport = await new UpstreamFactory(spec, logs).connect(connection(own));
    transport.onerror = logs.report;
    const refused = await transport.send({ jsonrpc: '2.0', id: 1, method: 'x' }).catch(String);
    await transport.close();
    await new Promise((resolve) => http.close(resolve));
    expect([...lines, refused].map((text) => text?.replace(/x{9,}/, '…'))).toEqual([
      'mcp-backchannel: error: Streamable HTTP error: refused with 500 Internal Server Error: …',
      'HttpRefusal: Streamable HTTP error: refused with 500 Internal Server Error: …',
    ]);
  });

  it.each(['"message":', '","level":"', 'mcp-backchannel"}', '\\\\\\\\\\\\\\\\'])(
    'leaves lines of --json whole, though it is %s',
    (value) => {
      const { logs, lines } = logsTo(true);
      void new UpstreamFactory(URL_SPEC, logs).connect(connection(value));
      logs.error(`what was sent is ${value}, in full`);
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', message: 'what was sent is ***, in full' });
    },
  );

  it('is hidden until each session that came with it is over', async () => {
    const { logs, lines } = logsTo();
    const upstreams = new UpstreamFactory(URL_SPEC, logs);
    const transports = [upstreams.connect(connection('elicitation')), upstreams.connect(connection('elicitation'))];
    for (const connecting of transports) {
      const transport = await connecting;
      await transport.start();
      logs.info('elicitation');
      await transport.close();
    }
    logs.info('elicitation');
    expect(lines).toEqual(['***', '***', 'elicitation'].map((word) => `mcp-backchannel: ${word}`));
  });
});

it('a thousand sessions with seven thousand characters each to hide keep nothing from being hidden, or told', () => {
  const { logs, lines } = logsTo();
  const upstreams = new UpstreamFactory(URL_SPEC, logs);
  const keys = Array.from({ length: 1_000 }, (_, at) => `Bearer ${randomBytes(3_500).toString('hex')}-${String(at)}`);
  for (const key of keys) void upstreams.connect(connection(key));
  logs.info('nothing of it');
  for (const key of keys.slice(-2)) logs.info(`${key}, and ${key.slice('Bearer '.length)}`);
  expect(lines).toEqual(['nothing of it', '***, and ***', '***, and ***'].map((text) => `mcp-backchannel: ${text}`));
});
