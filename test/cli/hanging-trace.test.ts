/** A call that hangs, in five ways: one line of the timeline says which. The clock is the test's own. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { StatefulProxyOptions } from 'mcp-backchannel/proxy';
import { lineOf } from '../../src/cli/timeline.js';
import { recordOf } from '../../src/telemetry/record.js';
import type { StrictClient } from '../../examples/lib/strict-client.js';
import { ScriptedBackend, type ScriptedSession } from '../proxy/scripted-backend.js';
import { proxies } from '../proxy/support.js';

const HALF_A_MINUTE = 30_000;
const QUESTION = { id: 'q', method: 'elicitation/create', params: { message: 'Proceed?' } };

const open = proxies();
beforeEach(() => {
  // What others time goes on: HTTP has timers of its own.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Hanging {
  readonly client: StrictClient;
  readonly backend: ScriptedSession;
  /** The timeline since the first call, without times and sessions. */
  readonly lines: string[];
  /** Starts a call, and waits until the backend has it. */
  readonly call: (id: number) => Promise<void>;
}

/** A client that answers nothing, of a proxy that is traced. */
async function hanging(options: Omit<StatefulProxyOptions, 'upstream'> = {}): Promise<Hanging> {
  const scripted = new ScriptedBackend();
  const stage = await open(scripted.upstream, options);
  const lines: string[] = [];
  stage.proxy.events$.subscribe((event) => {
    const line = lineOf(recordOf(event));
    if (line !== undefined) lines.push(line.replace(/^\S+Z \S+ strict-client /, ''));
  });
  const client = await stage.connect('ann', { answers: {}, capabilities: { elicitation: {} } });
  const backend = scripted.session();
  await backend.got({ method: 'notifications/initialized' });
  lines.splice(0);
  return {
    client,
    backend,
    lines,
    async call(id) {
      client.start('tools/call', { name: 'deploy' }, id);
      await backend.got({ id });
    },
  };
}

it('the backend is silent', async () => {
  const { lines, call } = await hanging();
  await call(7);
  await vi.advanceTimersByTimeAsync(HALF_A_MINUTE);
  expect(lines).toEqual([
    'tools/call 7 (deploy) → backend',
    'tools/call 7 (deploy) has had no answer for 30 s: waiting for the backend',
  ]);
  await vi.advanceTimersByTimeAsync(3 * HALF_A_MINUTE);
  expect(lines.slice(2)).toEqual([
    'tools/call 7 (deploy) has had no answer for 1 m: waiting for the backend',
    'tools/call 7 (deploy) has had no answer for 2 m: waiting for the backend',
  ]);
});

it('the client does not answer', async () => {
  const { lines, call, client, backend } = await hanging();
  await call(7);
  await backend.send(QUESTION);
  await client.next(({ message }) => message.method === QUESTION.method, 0);
  await vi.advanceTimersByTimeAsync(HALF_A_MINUTE);
  expect(lines).toEqual([
    'tools/call 7 (deploy) → backend',
    expect.stringMatching(/^elicitation\/create "q" → call 7 \([a-z-]+\): delivered, after \d+ ms$/),
    `tools/call 7 (deploy) has had no answer for 30 s: waiting for the client's answer to elicitation/create "q"`,
  ]);
});

it('the client has no stream', async () => {
  const { lines, call, backend } = await hanging({
    enableJsonResponse: true,
    backchannel: { parkTimeoutMs: 2 * HALF_A_MINUTE },
  });
  await call(7);
  await backend.send(QUESTION);
  await vi.advanceTimersByTimeAsync(HALF_A_MINUTE);
  expect(lines.slice(1)).toEqual([
    expect.stringMatching(/^elicitation\/create "q" → nowhere: parked, after \d+ ms$/),
    'tools/call 7 (deploy) has had no answer for 30 s: waiting for a stream to the client, for elicitation/create "q"',
  ]);
});

it('the client has had no stream for so long that the question is refused', async () => {
  const { lines, call, backend } = await hanging({ enableJsonResponse: true });
  await call(7);
  await backend.send(QUESTION);
  await vi.advanceTimersByTimeAsync(HALF_A_MINUTE);
  expect(await backend.got({ id: 'q' })).toHaveProperty('error');
  expect(lines).toContainEqual(
    expect.stringMatching(/^elicitation\/create "q" → nowhere: refused PARK_TIMEOUT, after 5 s$/),
  );
  expect(lines.at(-1)).toBe(
    'tools/call 7 (deploy) has had no answer for 30 s: waiting for the backend, whose elicitation/create "q" was refused (PARK_TIMEOUT)',
  );
});

it('the backend is dead', async () => {
  const { lines, call, backend } = await hanging();
  await call(7);
  await backend.transport.close();
  await vi.waitFor(() => expect(lines.at(-1)).toMatch(/^session ended: backend, /));
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^tools\/call 7 \(deploy\) ended: session-ended, after \d+ ms: .*the backend has closed the connection/,
    ),
  );
});

it('the question is ambiguous, and refused', async () => {
  const { lines, call, backend } = await hanging({ backchannel: { ambiguous: 'reject' } });
  await call(7);
  await call(8);
  await backend.send(QUESTION);
  expect(await backend.got({ id: 'q' })).toHaveProperty('error');
  await vi.advanceTimersByTimeAsync(HALF_A_MINUTE);
  expect(lines).toContainEqual(
    expect.stringMatching(/^elicitation\/create "q" → nowhere: refused AMBIGUOUS, after \d+ ms$/),
  );
  for (const id of [7, 8])
    expect(lines).toContain(
      `tools/call ${id} (deploy) has had no answer for 30 s: waiting for the backend, whose elicitation/create "q" was refused (AMBIGUOUS)`,
    );
});
