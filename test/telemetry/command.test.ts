/** The built command, which exports over OTLP to a real receiver. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { exportedBy } from '../../src/cli/exported-signals.js';
import { MIRROR, Started } from '../cli/support.js';
import { OtlpReceiver } from './otlp-receiver.js';
import { withoutPackage } from './without-package.js';

const PATIENCE = { timeout: 10_000 };

const started = new Started();
const receivers: OtlpReceiver[] = [];
afterEach(async () => {
  await started.end();
  for (const receiver of receivers.splice(0)) await receiver.close();
});

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

async function startReceiver(): Promise<{ receiver: OtlpReceiver; env: Readonly<Record<string, string>> }> {
  const receiver = new OtlpReceiver();
  receivers.push(receiver);
  return { receiver, env: await receiver.start() };
}

describe('the command with OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  it('exports the spans of a call and its question, in the trace of the client, and flushes when it ends', async () => {
    const { receiver, env } = await startReceiver();
    const { command, url } = await started.endpoint(MIRROR, env);
    const client = await started.client(url);
    await client.request('tools/call', { name: 'ask', arguments: {}, _meta: { traceparent: TRACEPARENT } });
    command.process.kill('SIGTERM');
    expect(await command.exit).toMatchObject({ code: 0 });

    const asked = receiver.spans.find(({ name, kind }) => name === 'elicitation/create' && kind === 3);
    expect(asked?.traceId).toBe(TRACE);
    expect(asked && receiver.pathOf(asked)).toEqual([
      '2 tools/call ask',
      '3 tools/call ask',
      '2 elicitation/create',
      '3 elicitation/create',
    ]);
    expect([...receiver.metrics].sort()).toEqual([
      'mcp.client.operation.duration',
      'mcp.client.session.duration',
      'mcp.server.operation.duration',
      'mcp.server.session.duration',
    ]);
    expect(receiver.resource.get('service.name')).toBe('mcp-backchannel');
    // There may be secrets in its command line.
    expect([...receiver.resource.keys()].filter((key) => key.startsWith('process.'))).toEqual([]);
  });

  it('exports them with --stdio, where both sides are pipes', async () => {
    const { receiver, env } = await startReceiver();
    const command = started.command(['--stdio', ...MIRROR], env);
    const say = (message: object): boolean => command.process.stdin.write(`${JSON.stringify(message)}\n`);
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
    say({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
    say({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'ask', arguments: {} } });
    await vi.waitFor(() => {
      expect(command.stdout).toContain('elicitation/create');
    }, PATIENCE);
    say({ jsonrpc: '2.0', id: 'q1', result: { action: 'accept' } });
    await vi.waitFor(() => {
      expect(command.stdout).toContain('"text":"accept"');
    }, PATIENCE);
    command.process.stdin.end();
    expect(await command.exit).toMatchObject({ code: 0 });

    const asked = receiver.spans.find(({ name, kind }) => name === 'elicitation/create' && kind === 3);
    expect(asked && receiver.pathOf(asked)).toHaveLength(4);
    expect(asked?.attributes).toContainEqual({ key: 'network.transport', value: { stringValue: 'pipe' } });
    expect(command.stdout).toContain(`-${asked?.spanId ?? ''}-01`);
  });

  it('writes what OTEL_LOG_LEVEL asks for to stderr, and not between the messages of --stdio', async () => {
    const { env } = await startReceiver();
    const command = started.command(['--stdio', ...MIRROR], { ...env, OTEL_LOG_LEVEL: 'debug' });
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
    command.process.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params })}\n`);
    await vi.waitFor(() => {
      expect(command.stdout).toContain('"protocolVersion"');
    }, PATIENCE);
    command.process.stdin.end();
    expect(await command.exit).toMatchObject({ code: 0 });
    for (const line of command.stdout.trimEnd().split('\n')) expect(line).toMatch(/^\{"jsonrpc":"2\.0"/);
    expect(command.stderr).toContainEqual(expect.stringMatching(/^mcp-backchannel: OpenTelemetry: /));
  });

  it('refuses an exporter that writes between the messages of --stdio', async () => {
    const command = started.command(['--stdio', ...MIRROR], { OTEL_TRACES_EXPORTER: 'console' });
    expect(await command.exit).toMatchObject({ code: 2 });
    expect(command.stderr.join()).toContain('the exporter "console" would write between the messages');
  });

  it.each(['@opentelemetry/api', '@opentelemetry/sdk-node'])('says what to install if %s is missing', async (name) => {
    const command = started.command(['--port', '0', ...MIRROR], {
      OTEL_TRACES_EXPORTER: 'otlp',
      NODE_OPTIONS: `--import ${withoutPackage(name)}`,
    });
    expect(await command.exit).toMatchObject({ code: 2 });
    expect(command.stderr.join()).toContain('npm install @opentelemetry/api @opentelemetry/sdk-node');
  });

  it('warns once if the receiver is gone, and serves as before', async () => {
    const { receiver, env } = await startReceiver();
    await receiver.close();
    const { command, url } = await started.endpoint(MIRROR, { ...env, OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
    const client = await started.client(url);
    await client.request('tools/call', { name: 'any', arguments: {} });
    await command.line(/warning: OpenTelemetry: /);
    expect(await client.request('tools/call', { name: 'any', arguments: {} })).toHaveProperty('result');
  });
});

describe('a credential in what client and backend say', () => {
  const TOKEN = 'a-token-that-is-secret';
  /** Repeats the name of a tool in its error. */
  const REPEATING = `
    const send = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method, params } = JSON.parse(line);
      const { protocolVersion } = params ?? {};
      if (method === 'initialize')
        return send({ id, result: { protocolVersion, capabilities: {}, serverInfo: { name: 'r', version: '1' } } });
      if (id !== undefined) send({ id, error: { code: -32000, message: 'no ' + params.name + '.'.repeat(1_000) } });
    });
  `;

  it('is hidden in all that is exported, and a long text is cut', async () => {
    const { receiver, env } = await startReceiver();
    const args = ['--token', TOKEN, '--', process.execPath, '-e', REPEATING];
    const { command, url } = await started.endpoint(args, env);
    const client = await started.client(url, { headers: { authorization: `Bearer ${TOKEN}` } });
    // A cut would leave the beginning of the second one.
    const name = `${TOKEN}${'.'.repeat(170)}${TOKEN}`;
    await client.request('tools/call', { name });
    await client.request('resources/read', { uri: `file:///${TOKEN}` }, TOKEN);
    command.process.kill('SIGTERM');
    expect(await command.exit).toMatchObject({ code: 0 });

    expect(receiver.bodies.join()).not.toContain(TOKEN.slice(0, 8));
    const call = receiver.spans.find(({ kind, name }) => kind === 3 && name.startsWith('tools/call '));
    expect(call?.name).toBe(`tools/call ***${'.'.repeat(170)}***`);
    expect(call?.status.message).toMatch(/^no \*\*\*\.{170}\*\*\*\.+…$/);
    expect(call?.status.message).toHaveLength(201);
    expect(receiver.spans.find(({ name }) => name === 'resources/read')?.attributes).toEqual(
      expect.arrayContaining([
        { key: 'mcp.resource.uri', value: { stringValue: 'file:///***' } },
        { key: 'jsonrpc.request.id', value: { stringValue: '***' } },
      ]),
    );
  });
});

describe('what is exported', () => {
  const all = { traces: true, metrics: true };
  const none = { traces: false, metrics: false };
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' };
  it.each<[object, Readonly<Record<string, string>>]>([
    [none, {}],
    [none, { OTEL_SERVICE_NAME: 'x', OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    [all, endpoint],
    [none, { ...endpoint, OTEL_SDK_DISABLED: 'TRUE' }],
    [
      { ...all, metrics: false },
      { ...endpoint, OTEL_METRICS_EXPORTER: 'none' },
    ],
    [{ ...none, traces: true }, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://x' }],
    [{ ...none, metrics: true }, { OTEL_METRICS_EXPORTER: 'prometheus' }],
    [none, { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', ...endpoint }],
  ])('is %o with %o', (expected, environment) => {
    expect(exportedBy(environment)).toEqual(expected);
  });

  it('loads nothing of OpenTelemetry if nothing is exported', async () => {
    const resolutions = new URL('fixtures/print-resolutions.js', import.meta.url).href;
    const { command } = await started.endpoint(MIRROR, { NODE_OPTIONS: `--import ${resolutions}` });
    expect(command.stderr.filter((line) => line.startsWith('resolved '))).toContainEqual(
      expect.stringMatching(/run\.js$/),
    );
    expect(command.stderr.join()).not.toMatch(/resolved .*opentelemetry|open-telemetry/);
  });
});
