/** The words of each event, and what the other side can do to them. */
import { describe, expect, it } from 'vitest';
import { lineOf } from '../../src/cli/timeline.js';
import { recordOf } from '../../src/telemetry/record.js';
import type { ProxyEvent } from '../../src/proxy-events.js';

const HAPPENED = {
  at: Date.UTC(2026, 10, 28, 21, 5, 21, 153),
  session: '4f894215-5a1e-4d9b-9f6e-3d2c1b0a9f8e',
  client: 'claude-ai',
};
const CALL = { ...HAPPENED, id: 7, method: 'tools/call', target: 'deploy' };
const QUESTION = { ...HAPPENED, id: 3, method: 'elicitation/create', target: undefined };
const ROUTE = {
  ...HAPPENED,
  kind: 'route',
  id: 3,
  method: 'elicitation/create',
  call: 7,
  to: 'request',
  evidence: 'sole',
  outcome: 'delivered',
  error: undefined,
  waitedMs: 2.4,
} as const;
const ENDED = { ...CALL, kind: 'call-ended', durationMs: 4_867, code: undefined, error: undefined } as const;
const ANSWER = { ...QUESTION, kind: 'answer', by: 'client', error: undefined, durationMs: 4_846 } as const;
const PASSED_ON = { kind: 'forwarded', durationMs: 1, headers: {}, message: undefined } as const;
const WAITING = { ...CALL, kind: 'waiting', forMs: 30_000, question: undefined, refusal: undefined } as const;
const ASKED = { id: 3, method: 'elicitation/create' };
const NOT_SENT = { message: undefined };

/** The line of an event without the columns before its words. */
function words(event: ProxyEvent): string | undefined {
  const begin = '21:05:21.153Z 4f894215 claude-ai    ';
  const line = lineOf(recordOf(event));
  expect(line?.startsWith(begin)).not.toBe(false);
  return line?.slice(begin.length);
}

const SAID: readonly (readonly [string, ProxyEvent])[] = [
  ['session opened', { ...HAPPENED, kind: 'session-opened', isOfModern: false }],
  ['session opened, for calls of clients without sessions', { ...HAPPENED, kind: 'session-opened', isOfModern: true }],
  [
    'session ended: idle, after 30 m: its client has gone',
    { ...HAPPENED, kind: 'session-ended', by: 'idle', durationMs: 1_800_000, reason: 'its client has gone' },
  ],
  ['backend started, pid 4711', { ...HAPPENED, kind: 'backend-started', pid: 4711 }],
  ['backend started', { ...HAPPENED, kind: 'backend-started', pid: undefined }],
  [
    'backend ended, exit code 1: it closed the connection',
    {
      ...HAPPENED,
      kind: 'backend-ended',
      reason: 'it closed the connection',
      by: 'backend',
      exitCode: 1,
      signal: undefined,
    },
  ],
  [
    'backend ended, SIGSEGV: it closed the connection',
    {
      ...HAPPENED,
      kind: 'backend-ended',
      reason: 'it closed the connection',
      by: 'backend',
      exitCode: undefined,
      signal: 'SIGSEGV',
    },
  ],
  [
    'tools/call 7 (deploy) → backend',
    { ...CALL, kind: 'call', message: { jsonrpc: '2.0', id: 7, method: 'tools/call' }, headers: undefined },
  ],
  ['tools/call 7 (deploy) ended: result, after 4.9 s', { ...ENDED, ...NOT_SENT, outcome: 'result' }],
  ['tools/call 7 (deploy) ended: tool-error, after 4.9 s', { ...ENDED, ...NOT_SENT, outcome: 'tool-error' }],
  [
    'tools/call 7 (deploy) ended: error -32602, after 4.9 s: no such tool',
    { ...ENDED, ...NOT_SENT, outcome: 'error', code: -32602, error: 'no such tool' },
  ],
  [
    'tools/call 7 (deploy) ended: session-ended, after 4.9 s: the backend is gone',
    { ...ENDED, ...NOT_SENT, outcome: 'session-ended', error: 'the backend is gone' },
  ],
  ['tools/call 7 (deploy) cancelled by the client', { ...CALL, kind: 'call-cancelled', reason: undefined }],
  ['tools/call 7 (deploy) cancelled by the client: too slow', { ...CALL, kind: 'call-cancelled', reason: 'too slow' }],
  ['progress of call 7: 3 of 10', { ...HAPPENED, kind: 'progress', call: 7, progress: 3, total: 10 }],
  [
    'progress of no call in flight: 3',
    { ...HAPPENED, kind: 'progress', call: undefined, progress: 3, total: undefined },
  ],
  ['elicitation/create 3 → call 7 (sole): delivered, after 2 ms', ROUTE],
  [
    'elicitation/create 3 → standalone (nothing-in-flight): delivered, after 212 ms',
    { ...ROUTE, to: 'standalone', call: undefined, evidence: 'nothing-in-flight', waitedMs: 212 },
  ],
  [
    'elicitation/create 3 → nowhere: refused PARK_TIMEOUT, after 5 s',
    { ...ROUTE, to: 'nowhere', evidence: undefined, outcome: 'refused', error: 'PARK_TIMEOUT', waitedMs: 5_005 },
  ],
  [
    'elicitation/create 3 → call 7 (sole): failed, after 2 ms: the pipe is broken',
    { ...ROUTE, outcome: 'failed', error: 'the pipe is broken' },
  ],
  [
    'notifications/progress → call 7 (progress-token): delivered, after 0 ms',
    { ...ROUTE, id: undefined, method: 'notifications/progress', evidence: 'progress-token', waitedMs: 0.2 },
  ],
  ['elicitation/create 3 answered: accept, after 4.8 s', { ...ANSWER, ...NOT_SENT, outcome: 'accept' }],
  [
    'elicitation/create 3 answered by the proxy: error, after 4.8 s: nobody could be asked',
    { ...ANSWER, ...NOT_SENT, by: 'proxy', outcome: 'error', error: 'nobody could be asked' },
  ],
  [
    'elicitation/create 3 taken back by the backend, after 4.8 s',
    { ...ANSWER, ...NOT_SENT, by: 'backend', outcome: 'taken-back' },
  ],
  [
    'tools/call 7 (9 of the client) round 1 asked: elicitation/create, roots/list',
    {
      ...HAPPENED,
      id: 7,
      method: 'tools/call',
      kind: 'suspended',
      clientId: 9,
      round: 1,
      inputs: ['elicitation/create', 'roots/list'],
    },
  ],
  [
    'tools/call 7 (10 of the client) round 1 came-back, after 6.6 s',
    {
      ...HAPPENED,
      id: 7,
      method: 'tools/call',
      kind: 'resumed',
      clientId: 10,
      round: 1,
      outcome: 'came-back',
      waitedMs: 6_632,
    },
  ],
  [
    'POST → node UXV8vymj: passed',
    { ...HAPPENED, ...PASSED_ON, toNode: 'UXV8vymj', method: 'POST', outcome: 'passed' },
  ],
  ['tools/call 7 (deploy) has had no answer for 30 s: waiting for the backend', { ...WAITING, on: 'backend' }],
  [
    "tools/call 7 (deploy) has had no answer for 1 m: waiting for the client's answer to elicitation/create 3",
    { ...WAITING, on: 'client', question: ASKED, forMs: 60_000 },
  ],
  [
    'tools/call 7 (deploy) has had no answer for 30 s: waiting for a stream to the client, for elicitation/create 3',
    { ...WAITING, on: 'stream', question: ASKED },
  ],
  [
    'tools/call 7 (deploy) has had no answer for 30 s: waiting for the backend, whose elicitation/create 3 was refused (AMBIGUOUS)',
    { ...WAITING, on: 'backend', question: ASKED, refusal: 'AMBIGUOUS' },
  ],
];

it.each(SAID)('says: %s', (said, event) => {
  expect(words(event)).toBe(said);
});

it('says nothing of a question, which its route names', () => {
  const message = { jsonrpc: '2.0', id: 3, method: 'elicitation/create' } as const;
  expect(words({ ...QUESTION, kind: 'question', message })).toBeUndefined();
});

describe('the columns', () => {
  const event = { ...ROUTE, waitedMs: 0 } as const;

  it('are there where a session or a client has no name, or a long one', () => {
    const said = 'elicitation/create 3 → call 7 (sole): delivered, after 0 ms';
    expect(lineOf(recordOf({ ...event, session: undefined, client: undefined }))).toBe(
      `21:05:21.153Z -        -            ${said}`,
    );
    expect(lineOf(recordOf({ ...event, client: 'visual-studio-code' }))).toBe(
      `21:05:21.153Z 4f894215 visual-studio-code ${said}`,
    );
  });

  it('begin with the node of a cluster', () => {
    expect(lineOf(recordOf(event, { node: 'UXV8vymj' }))).toMatch(/^21:05:21\.153Z node UXV8vymj 4f894215 claude-ai /);
  });
});

describe('what the other side chooses', () => {
  it('stands in quotes if it is more than a word, so that it passes for nothing else', () => {
    const client = 'x tools/call 7 ended: result';
    expect(lineOf(recordOf({ ...ENDED, ...NOT_SENT, client, outcome: 'result' }))).toContain(
      ' "x tools/call 7 ended: result" tools/call 7 (deploy) ',
    );
    expect(words({ ...ENDED, ...NOT_SENT, id: '7 x', method: 'a b', target: 'c) d', outcome: 'result' })).toBe(
      '"a b" "7 x" ("c) d") ended: result, after 4.9 s',
    );
  });

  it('is cut if it is long', () => {
    const long = 'x'.repeat(10_000);
    const all = { client: long, id: long, method: long, target: long, error: long };
    expect(lineOf(recordOf({ ...ENDED, ...NOT_SENT, ...all, outcome: 'error' }))?.length).toBeLessThan(800);
    const waiting = { ...WAITING, question: { id: long, method: long }, refusal: long, on: 'backend' } as const;
    expect(words(waiting)?.length).toBeLessThan(800);
  });
});

it.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1 s'],
  [1_040, '1 s'],
  [59_940, '59.9 s'],
  [59_960, '1 m'],
  [90_000, '1 m 30 s'],
  [3_599_600, '1 h'],
  [7_500_000, '2 h 5 m'],
])('%d ms are told as %s', (durationMs, said) => {
  expect(words({ ...ENDED, ...NOT_SENT, outcome: 'result', durationMs })).toMatch(new RegExp(`, after ${said}$`));
});
