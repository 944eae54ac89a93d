/** How often the doctor waits in vain: once for each thing that hangs, and not again for what depends on it. */
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { reach } from '../../src/doctor/reach.js';
import { ALL } from '../../src/doctor/situations.js';
import { StreamableHttpWire } from '../../src/doctor/streamable-http-wire.js';
import { relay } from './relay.js';
import { doctor, verdictsIn } from './support.js';

const STATELESS = fileURLToPath(new URL('stateless-proxy.ts', import.meta.url));
const MS = 60_000;
const BRIEFLY = ['--json', '--timeout', '2s'];

describe.concurrent('the doctor', () => {
  it.for(['', '--get'])(
    'waits for one question only where an SDK proxy has no sessions %s',
    { timeout: MS },
    async (get, { expect }) => {
      const proxy = `node --import tsx ${STATELESS} {port} {backend-url} ${get}`;
      const {
        first,
        progress,
        logs,
        'list-changed': listChanged,
        'two-sessions': two,
        ...others
      } = verdictsIn(await doctor(...BRIEFLY, '--proxy', proxy));
      expect([first, progress?.[0], logs?.[0], listChanged?.[0], two?.[0]]).toEqual([
        ['hangs', 'the question never came'],
        'lost',
        'lost',
        'unsupported',
        'hangs',
      ]);
      const without = ALL.filter(({ takesSession }) => takesSession === true).map(({ id }) => id);
      expect(others).toEqual(Object.fromEntries(without.map((id) => [id, ['untried', 'the proxy has no sessions']])));
    },
  );

  it('opens no other session when one gets no answer', { timeout: MS }, async ({ expect, onTestFinished }) => {
    let opened = 0;
    const proxy = await relay(({ message, pass }) => {
      if (message?.method !== 'initialize' || ++opened <= 3) pass();
    });
    onTestFinished(async () => proxy.close());
    const {
      first,
      'eight-with-get': last,
      sampling,
      roots,
      ...others
    } = verdictsIn(await doctor(...BRIEFLY, '--url', proxy.url));
    // One to find the backend, one for questions without a GET stream, one for those with.
    expect(opened).toBe(4);
    expect([first?.[0], last?.[0]]).toEqual(['works', 'works']);
    expect(sampling).toEqual(['hangs', 'no answer to initialize of a new session']);
    expect(roots).toEqual(['untried', 'no new session opens']);
    expect(others['two-sessions']).toEqual(roots);
  });

  it('goes no further in a situation whose call hangs', { timeout: MS }, async ({ expect, onTestFinished }) => {
    const silent = ['doctor_ask_afterwards', 'doctor_change_tools', 'doctor_remember'];
    const withGet = new Set<unknown>();
    const seen: string[] = [];
    const proxy = await relay(({ request, tool = '', args, pass }) => {
      const session = request.headers['mcp-session-id'];
      if (request.method === 'GET') withGet.add(session);
      seen.push(tool);
      if (silent.includes(tool)) return;
      if (tool === 'doctor_ask' && withGet.has(session)) seen.push(String(args['tag']));
      else pass();
    });
    onTestFinished(async () => proxy.close());
    const found = verdictsIn(await doctor(...BRIEFLY, '--url', proxy.url));
    expect(found['with-get']).toEqual(['hangs', 'the question never came']);
    expect(found['late-get']).toEqual(['hangs', 'the call got no answer']);
    expect(found['list-changed']).toEqual(['hangs', 'the call got no answer']);
    expect(found['two-sessions']).toEqual(['hangs', 'a call that asks nothing got no answer']);
    expect(seen.filter((one) => one.startsWith('question'))).toEqual(['question 1']);
    expect(seen.filter((one) => one === 'doctor_recall')).toEqual([]);
    // The one call of this that is answered is the one before all situations.
    expect(seen.filter((one) => one === 'doctor_echo')).toHaveLength(1);
  });

  it.for([
    ['initialize', 'initialize'],
    ['notifications/initialized', 'notifications/initialized'],
    ['tools/list', 'tools/list'],
    ['tools/call', 'a tools/call that asks nothing'],
  ])('names %s if a proxy does not answer it, and does not try again', async ([method, named], context) => {
    const { expect, onTestFinished } = context;
    let opened = 0;
    const proxy = await relay(({ message, pass }) => {
      if (message?.method === 'initialize') opened++;
      if (message?.method !== method) pass();
    });
    onTestFinished(async () => proxy.close());
    const waits: string[] = [];
    const reaching = reach('streamable-http', (receive) => new StreamableHttpWire(proxy.url, {}, receive), {
      answersMs: 1_000,
      refusesMs: 10_000,
      timeoutMs: 500,
      onWaiting: (why) => waits.push(why),
    });
    await expect(reaching).rejects.toThrow(`the proxy does not answer ${String(named)}: nothing came in 1 s`);
    expect({ opened, waits }).toEqual({ opened: 1, waits: [`no answer to ${String(named)} yet`] });
  });
});
