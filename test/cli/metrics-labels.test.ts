/** Label values are chosen by clients and backends, but each is one of a few: others would make time series for ever. */
import { ClientRequestSchema, ServerRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';
import type { ProxyEvent } from '../../src/proxy-events.js';
import { methodLabel } from '../../src/cli/metrics/method-label.js';
import { metricsOf, type Metrics } from '../../src/cli/metrics/metrics.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const COMMON = { at: 0, session: 'a-session', client: 'a-client' };

function metrics(): Metrics {
  return metricsOf({ snapshot: () => NOTHING_OPEN, open: () => [], cluster: undefined });
}

function callEnded(method: string): ProxyEvent {
  const rest = { code: undefined, error: undefined, message: undefined };
  return { ...COMMON, kind: 'call-ended', id: 1, method, target: 'a-tool', durationMs: 1, outcome: 'result', ...rest };
}

function ended(exitCode: number | undefined): ProxyEvent {
  return { ...COMMON, kind: 'backend-ended', reason: 'gone', by: 'backend', exitCode, signal: undefined };
}

function refused(error: string): ProxyEvent {
  return {
    ...COMMON,
    kind: 'route',
    id: 1,
    method: 'x',
    call: undefined,
    to: 'nowhere',
    evidence: undefined,
    outcome: 'refused',
    error,
    waitedMs: 0,
  };
}

const METHODS = [...ClientRequestSchema.options, ...ServerRequestSchema.options].map(
  ({ shape }) => shape.method.value as string,
);

it.each(METHODS)('%s of the SDK has a label of its own', (method) => {
  expect(methodLabel(method)).toBe(method);
});

it.each(['', 'tools/', 'tools/call ', 'vendor/method', 'constructor', '__proto__'])(
  '%j is another method',
  (method) => {
    expect(methodLabel(method)).toBe('other');
  },
);

it('however many methods clients call, they are one series', async () => {
  const { registry, count } = metrics();
  for (let number = 0; number < 1_000; number++) count(callEnded(`vendor/${number}`));
  const text = await registry.metrics();
  expect(text).toContain('mcp_backchannel_calls_total{method="other",outcome="result"} 1000\n');
  expect(text).not.toContain('vendor');
});

it('exit codes are those of processes, and others are one series', async () => {
  const { registry, count } = metrics();
  for (const code of [0, 1, 255, 256, -1, 3_221_225_477, undefined]) count(ended(code));
  const text = await registry.metrics();
  const exits = [...text.matchAll(/exits_total\{code="(.*)"\} (.*)/g)].map(([, code, times]) => `${code} ${times}`);
  expect(exits.sort()).toEqual(['0 1', '1 1', '255 1', 'none 1', 'other 3']);
});

it('what a transport says in its own words is no reason', async () => {
  const { registry, count } = metrics();
  count(refused('AMBIGUOUS'));
  count(refused('write EPIPE to /home/somebody'));
  const text = await registry.metrics();
  expect(text).toContain('mcp_backchannel_undelivered_total{reason="AMBIGUOUS"} 1\n');
  expect(text).toContain('mcp_backchannel_undelivered_total{reason="other"} 1\n');
  expect(text).not.toContain('EPIPE');
});

it('no label names a session, a client or a tool', async () => {
  const { registry, count } = metrics();
  for (const event of [callEnded('tools/call'), ended(1), refused('CLOSED')]) count(event);
  expect(await registry.metrics()).not.toMatch(/a-session|a-client|a-tool/);
});
