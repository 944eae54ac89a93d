/** A call can hang in five ways. Each shows in one metric, which says which it is. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { StatefulProxyOptions } from 'mcp-backchannel/proxy';
import { lateMetricsOf } from '../../src/cli/metrics/late-metrics.js';
import type { StrictClient, StrictClientOptions } from '../../examples/lib/strict-client.js';
import { ScriptedBackend, type ScriptedSession } from '../proxy/scripted-backend.js';
import { proxies } from '../proxy/support.js';
import { scrape, seriesIn, valueOf, type Series } from '../support/exposition.js';
import { Started } from './support.js';

const open = proxies();
const QUESTION = { method: 'elicitation/create', params: { message: 'Sure?', requestedSchema: {} } };
const CALL = { name: 'any' };

interface Stage {
  readonly client: StrictClient;
  readonly backend: ScriptedSession;
  readonly series: () => Promise<readonly Series[]>;
}

async function stage(
  options: Omit<StatefulProxyOptions, 'upstream'> = {},
  clientOptions?: StrictClientOptions,
): Promise<Stage> {
  const backend = new ScriptedBackend();
  const proxyStage = await open(backend.upstream, options);
  const metrics = lateMetricsOf(proxyStage.proxy);
  const client = await proxyStage.connect('client', clientOptions);
  return { client, backend: backend.session(), series: async () => seriesIn(await (await metrics()).metrics()) };
}

describe('of a call that waits for', () => {
  // Only these: what the network needs goes on by itself.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  test.each(['backend', 'client', 'stream'])('the %s: its age, and that it is told', async (on) => {
    const { client, backend, series } = await stage(
      { enableJsonResponse: on === 'stream', backchannel: { parkTimeoutMs: 600_000 } },
      { answers: {} },
    );
    const call = client.start('tools/call', CALL);
    const { id = null } = await backend.got({ method: 'tools/call' });
    if (on !== 'backend') await backend.send({ id: 'question', ...QUESTION });
    if (on === 'client') await client.next(({ message }) => message.method === QUESTION.method);

    await vi.advanceTimersByTimeAsync(29_000);
    expect(waits(await series())).toEqual({ backend: 0, client: 0, stream: 0, turn: 0 });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(waits(await series())).toEqual({ backend: 0, client: 0, stream: 0, turn: 0, [on]: 1 });
    const ages = agesIn(await series());
    expect(ages[on]).toBeGreaterThanOrEqual(31);
    expect(Object.values(ages).filter((age) => age !== 0)).toHaveLength(1);

    await backend.send({ id, result: {} });
    await vi.advanceTimersByTimeAsync(1_000);
    await call.response;
    expect(Object.values(agesIn(await series()))).toEqual([0, 0, 0, 0]);
  });
});

test('of calls whose backend may not ask, because nobody knows for which call: the question that was refused, and why', async () => {
  const { client, backend, series } = await stage({ backchannel: { ambiguous: 'reject' } });
  const calls = ['one', 'two'].map((id) => client.start('tools/call', CALL, id));
  await Promise.all(['one', 'two'].map(async (id) => backend.got({ id })));
  await backend.send({ id: 'question', ...QUESTION });
  await backend.got({ id: 'question' });
  const told = await series();
  const labels = { method: 'elicitation/create', evidence: 'none', outcome: 'refused' };
  expect(valueOf(told, 'mcp_backchannel_questions_total', labels)).toBe(1);
  expect(valueOf(told, 'mcp_backchannel_undelivered_total')).toBe(1);
  expect(valueOf(told, 'mcp_backchannel_undelivered_total', { reason: 'AMBIGUOUS' })).toBe(1);
  for (const id of ['one', 'two']) await backend.send({ id, result: {} });
  await Promise.all(calls.map(async ({ response }) => response));
});

describe('of the command', () => {
  const started = new Started();
  afterEach(async () => started.end());

  const DYING = `
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method, params } = JSON.parse(line);
      if (method === 'tools/call') process.exit(7);
      if (id === undefined) return;
      const { protocolVersion } = params;
      const result = { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'dying', version: '1' } };
      console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });`;

  test('whose backend is dead: its exit code, and what it took along', async () => {
    const { url } = await started.endpoint(['--', process.execPath, '-e', DYING]);
    const client = await started.client(url);
    await expect(client.callTool('any')).rejects.toThrow();
    const series = await scrape(url);
    expect(valueOf(series, 'mcp_backchannel_backend_exits_total', { code: '7' })).toBe(1);
    expect(valueOf(series, 'mcp_backchannel_backend_exits_total')).toBe(1);
    expect(valueOf(series, 'mcp_backchannel_sessions_ended_total', { by: 'backend' })).toBe(1);
    const lost = { method: 'tools/call', outcome: 'session-ended' };
    expect(valueOf(series, 'mcp_backchannel_calls_total', lost)).toBe(1);
  });
});

function waits(series: readonly Series[]): Record<string, number> {
  return byWhom(series, 'mcp_backchannel_waiting_total');
}

function agesIn(series: readonly Series[]): Record<string, number> {
  return byWhom(series, 'mcp_backchannel_oldest_in_flight_seconds');
}

function byWhom(series: readonly Series[], metric: string): Record<string, number> {
  const own = series.filter(({ name }) => name === metric);
  return Object.fromEntries(own.map(({ labels, value }) => [labels['waiting_for'] ?? '', value]));
}
