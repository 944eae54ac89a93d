/**
 * Parks messages, ends the session as its argument says (`close` or `delete`), and must then end by
 * itself. Prints what became of the messages, and how many timers of the package ran before and after:
 * those keep no process alive, and are counted where they are made.
 */
import { createHook } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { Live } from '../live.js';
import { elicit, notification } from '../messages.js';

const timers = new Set<number>();
createHook({
  init(id, type) {
    if (type === 'Timeout' && new Error().stack?.includes('/src/clock.') === true) timers.add(id);
  },
  destroy: (id) => timers.delete(id),
}).enable();

const live = await Live.open({ backchannel: { parkTimeoutMs: 60_000 } });
const send = async (message: unknown): Promise<unknown> =>
  live.transport.send(message as never).then(
    () => 'sent',
    (error: unknown) => (error as { code?: unknown }).code,
  );

// A question that was delivered and is not answered: somebody watches whether the client is gone.
const standalone = await live.openGet();
await send(elicit('asked'));
await live.drop(standalone);

const rejected = Promise.all([send(elicit('first')), send(elicit('second'))]);
await send(notification('notifications/message'));
await send(notification('notifications/tools/list_changed'));
const timersBefore = timers.size;

if (process.argv[2] === 'delete') await live.client.delete();
else await live.transport.close();
const codes = await rejected;
// A timer is destroyed a little later than it is cleared.
await setImmediate();
const reported = live.errors.map(({ code }) => code);
const events = live.routes.map(({ method, outcome }) => `${method} ${outcome}`);
console.log(JSON.stringify({ codes, reported, events, timersBefore, timersAfter: timers.size }));
await live.close();
