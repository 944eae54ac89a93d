/** The standalone stream, when its client resumes it from an event that is long forgotten. */
import { setImmediate as moment } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isStandalone, opens, SSE, watchRig, type WatchRig } from '../support/http-fakes.js';

/** One with more events than are remembered, and lost. */
async function longStandalone(): Promise<WatchRig> {
  const rig = watchRig();
  const { response } = rig.node('GET', { respond: opens(200, SSE) });
  await moment();
  for (let id = 0; id < 1_100; id++) response.write(`id: ${id}\ndata: {}\n\n`);
  response.disconnect();
  return rig;
}

test('is known again from the first event that is not', async () => {
  const rig = await longStandalone();
  const { response } = rig.node('GET', { lastEventId: '0', respond: opens(200, SSE) });
  await moment();
  response.write('id: 1\ndata: {}\n\n');
  expect(isStandalone(rig)).toBe(false);
  rig.told.length = 0;
  response.write('id: 1000\ndata: {}\n\n');
  expect(isStandalone(rig)).toBe(true);
  expect(rig.told).toEqual(['stream opened']);
});

test('is known again at once, if what was missed is written with its head', async () => {
  const rig = await longStandalone();
  rig.node('GET', {
    lastEventId: '0',
    respond: (response) => {
      response.writeHead(200, SSE);
      for (const id of [1, 1_000]) response.write(`id: ${id}\ndata: {}\n\n`);
    },
  });
  await moment();
  expect(isStandalone(rig)).toBe(true);
});
