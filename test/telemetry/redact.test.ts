/** `proxyTelemetry({ redact })`, by events that a proxy tells. */
import { proxyTelemetry } from 'mcp-backchannel/telemetry';
import { Subject } from 'rxjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ProxyEvent } from '../../src/proxy-events.js';
import { startTracing, type Tracing } from './tracing.js';

let tracing: Tracing;
beforeAll(() => {
  tracing = startTracing();
});
afterAll(async () => tracing.stop());

const SECRET = 'a-secret-of-the-session';
const TEXT = `${SECRET}${'.'.repeat(300)}`;
const SHOWN = `***${'.'.repeat(197)}…`;

it('hides secrets in what a waiting call says, and in its metrics when they are not hidden any more', async () => {
  let isHidden = true;
  const redact = (text: string): string => (isHidden ? text.replaceAll(SECRET, '***') : text);
  const events$ = new Subject<ProxyEvent>();
  const subscription = proxyTelemetry({ redact }).observe(events$);
  const of = { at: 0, session: 's', client: undefined, id: 1, method: 'tools/call', target: TEXT };
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: TEXT } };
  events$.next({ kind: 'call', ...of, message, headers: undefined, peer: undefined });
  const question = { id: 2, method: TEXT };
  events$.next({ kind: 'waiting', ...of, on: 'stream', forMs: 30_000, question, refusal: TEXT });
  isHidden = false;
  subscription.unsubscribe();

  expect(tracing.span('INTERNAL', 'waiting for stream').attributes).toMatchObject({
    'gen_ai.tool.name': SHOWN,
    'mcp_backchannel.question': SHOWN,
    'mcp_backchannel.refusal': SHOWN,
  });
  const tools = (await tracing.metrics()).flatMap(({ dataPoints }) =>
    dataPoints.map(({ attributes }) => attributes['gen_ai.tool.name']),
  );
  expect(tools).toEqual([SHOWN, SHOWN]);
});
