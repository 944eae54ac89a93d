/** What becomes of questions when the client's streams come and go. */
import { setTimeout } from 'node:timers/promises';
import type { StrictClient } from '../lib/strict-client.js';
import { LIMIT_MS, type Outcome, type Scene } from './observe.js';
import type { Row } from './rows.js';

const ELICITATION = 'elicitation/create';
const TOOLS_CHANGED = 'notifications/tools/list_changed';

/** How long the backend thinks before it asks: the client has done what it does by then. */
const THINKS_MS = 150;

export const STREAM_ROWS: readonly Row[] = [
  {
    title: 'POST dropped',
    session: 'dropped',
    run: async (scene) => {
      await askLater(scene.client);
      // To ask what became of it would be to open a stream.
      await setTimeout(LIMIT_MS / 3);
      return fate(scene, 'failed');
    },
  },
  {
    title: 'dropped, GET open',
    session: 'dropped, GET',
    run: async (scene) => {
      const { client } = scene;
      await client.openGet();
      const asked = client.next(({ message }) => message.method === ELICITATION);
      await askLater(client);
      // To ask what became of it would be to open a stream.
      await Promise.race([asked, setTimeout(LIMIT_MS / 3)]);
      return fate(scene, 'accept');
    },
  },
  {
    title: 'dropped, a call runs',
    session: 'dropped, call',
    run: async (scene) => {
      await askLater(scene.client);
      const args = { ms: LIMIT_MS / 4, tag: 'other', note: 'other' };
      scene.client.start('tools/call', { name: 'ask_later', arguments: args });
      // It is not for the user of the other call.
      return fate(scene, 'failed');
    },
  },
  {
    title: 'no call, GET later',
    session: 'late GET',
    run: async (scene) => {
      await scene.client.callTool('ask_afterwards', { ms: 50, note: 'fate' });
      await setTimeout(250);
      await scene.client.openGet();
      return fate(scene, 'accept');
    },
  },
  {
    title: 'client gone for good',
    session: 'gone',
    run: async (scene) => {
      const { client, routes } = scene;
      client.answer(ELICITATION, () => undefined);
      const asked = client.next(({ message }) => message.method === ELICITATION);
      const call = client.start('tools/call', { name: 'ask_later', arguments: { ms: 0, note: 'fate' } });
      // Bare, it never comes.
      await Promise.race([asked, setTimeout(routes === undefined ? THINKS_MS : LIMIT_MS)]);
      await call.drop();
      // Whoever asks is still there.
      await setTimeout(LIMIT_MS / 3);
      return fate(scene, 'failed');
    },
  },
  {
    title: 'tools change, no GET',
    session: 'change',
    run: async (scene) => {
      const { client, routes } = scene;
      const began = performance.now();
      const mark = routes?.mark() ?? 0;
      await client.callTool('change_tools');
      await setTimeout(LIMIT_MS / 4);
      await client.callTool('echo');
      const [news] = client.arrivals.filter(({ message }) => message.method === TOOLS_CHANGED);
      const evidence = routes?.lastOf(mark, client.sessionId, TOOLS_CHANGED) ?? '';
      const state = news === undefined ? 'lost' : 'ok';
      const stream = news === undefined ? '' : 'the next POST';
      return { state, detail: '', ms: performance.now() - began, stream, evidence };
    },
  },
];

export const JSON_ROWS: readonly Row[] = [
  {
    title: 'GET open',
    session: 'GET',
    run: async (scene) => {
      await scene.client.openGet();
      await askLater(scene.client, { stays: true });
      return fate(scene, 'accept');
    },
  },
  {
    title: 'GET never opened',
    session: 'no GET',
    run: async (scene) => {
      await askLater(scene.client, { stays: true });
      return fate(scene, 'failed');
    },
  },
];

/** A call whose client does not stay for the question. */
async function askLater(client: StrictClient, { stays = false } = {}): Promise<void> {
  const args = { ms: THINKS_MS, note: 'fate' };
  const call = client.start('tools/call', { name: 'ask_later', arguments: args });
  if (!stays) await call.drop();
}

/** What the backend remembers of its question, and where the client has seen it. */
async function fate({ client, routes }: Scene, expected: string): Promise<Outcome> {
  const began = performance.now();
  let remembered = 'null';
  while (remembered === 'null' && performance.now() - began < LIMIT_MS) {
    await setTimeout(50);
    remembered = await client.callTool('recall', { key: 'fate' });
  }
  const ms = performance.now() - began;
  const seen = client.arrivals.filter(({ message }) => message.method === ELICITATION);
  const evidence = routes?.lastOf(0, client.sessionId, ELICITATION) ?? '';
  const stream = seen.some(({ stream: name }) => name === 'GET') ? 'GET' : seen.length > 0 ? 'a live POST' : 'none';
  if (remembered === 'null') return { state: 'hang', detail: '', ms, stream, evidence };
  const ok = remembered.includes(expected);
  const detail = ok ? (expected === 'failed' ? 'an error' : '') : remembered;
  return { state: ok ? 'ok' : 'error', detail, ms, stream, evidence };
}
