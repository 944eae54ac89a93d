/** A thousand calls in flight, and all of them cut at once. */
import { expect, test } from 'vitest';
import { proxies } from '../proxy/support.js';
import { ScriptedBackend } from '../proxy/scripted-backend.js';
import { nothingIsLeft } from '../support/nothing-left.js';
import { RawConnection, rawPost } from '../support/raw-http.js';
import { IS_LONG } from './long.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

nothingIsLeft();
const open = proxies();
const CALLS = IS_LONG ? 5_000 : 1_000;
const AT_ONCE = 100;

test(`${CALLS} calls that are cut at once end in an answer or in an error that is reported, and leave nothing`, async () => {
  const backend = new ScriptedBackend();
  const stage = await open(backend.upstream, {
    maxInFlight: CALLS,
    backchannel: { orphanTimeoutMs: 50, parkTimeoutMs: 50 },
  });
  const client = await stage.connect();
  const session = backend.session();

  const connections: RawConnection[] = [];
  for (let at = 0; at < CALLS; at += AT_ONCE) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, offset) => {
        const id = at + offset;
        const connection = await RawConnection.open(stage.url);
        connections.push(connection);
        const body = JSON.stringify({
          jsonrpc: '2.0',
          id: `call ${id}`,
          method: 'tools/call',
          params: { name: 'any' },
        });
        connection.write(rawPost(client, body));
        await session.got({ id: `call ${id}` });
      }),
    );
  }
  expect(stage.proxy.snapshot().inFlight).toBe(CALLS);
  // A question for each, half of them before the cut and half of them after.
  const ask = async (id: number): Promise<void> =>
    session.send({ id: `question ${id}`, method: 'elicitation/create', params: { message: String(id) } });
  const questions = Array.from({ length: CALLS / 10 }, (_, id) => id);
  for (const id of questions) if (id % 2 === 0) await ask(id);
  await Promise.all(connections.map(async (connection) => connection.drop()));
  for (const id of questions) if (id % 2 === 1) await ask(id);

  // The backend hears of each question: nobody will answer any.
  const told = await Promise.all(questions.map(async (id) => session.got({ id: `question ${id}` })));
  expect(told.filter(({ error }) => error !== undefined)).toHaveLength(questions.length);

  // The backend answers each call: nobody is left to take it, which is reported once for each.
  const reported = stage.errors.length;
  for (let id = 0; id < CALLS; id++) await session.send({ id: `call ${id}`, result: {} });
  await expect.poll(() => stage.proxy.snapshot().inFlight).toBe(0);
  await expect.poll(() => stage.errors.length - reported).toBe(CALLS);
  expect(stage.proxy.snapshot()).toEqual({ ...NOTHING_OPEN, sessions: 1 });

  // The session goes on.
  const after = client.start('tools/call', { name: 'any' }, 'after');
  await session.got({ id: 'after' });
  await session.send({ id: 'after', result: { content: [] } });
  expect((await after.response).result).toEqual({ content: [] });
  // No more has come since, and each is of another call.
  const answers = stage.errors.slice(reported).map(({ message }) => /call \d+$/.exec(message)?.[0] ?? message);
  expect(new Set(answers)).toEqual(new Set(Array.from({ length: CALLS }, (_, id) => `call ${id}`)));
  expect(answers).toHaveLength(CALLS);
});
