/** A call is told from others by a digest. It costs time, so only those that wait for their client get one. */
import { beforeEach, expect, it, vi } from 'vitest';
import { callDigest } from '../../src/modern/call-digest.js';
import { doors } from './door-stage.js';
import { post, suspensionIn } from './raw-modern.js';

// Counts calls. The function itself stays as it is.
vi.mock('../../src/modern/call-digest.js', { spy: true });

const open = doors();

beforeEach(() => {
  vi.mocked(callDigest).mockClear();
});

it('a call that is answered at once has no digest', async () => {
  const { url } = await open();
  const { last } = await post(url, 'tools/call', { name: 'echo', arguments: { tag: 'a' } });
  expect(last.result).toMatchObject({ resultType: 'complete' });
  expect(callDigest).not.toHaveBeenCalled();
});

it('a call that waits for its client has one, and so has its retry', async () => {
  const { url } = await open();
  const call = { name: 'ask', arguments: { tag: 'why' } };
  const { requestState, inputRequests } = suspensionIn(await post(url, 'tools/call', call));
  expect(callDigest).toHaveBeenCalledTimes(1);

  const answers = Object.keys(inputRequests).map((key) => [key, { action: 'decline' }]);
  const { last } = await post(url, 'tools/call', {
    ...call,
    requestState,
    inputResponses: Object.fromEntries(answers) as object,
  });
  expect(last.result).toMatchObject({ resultType: 'complete' });
  expect(callDigest).toHaveBeenCalledTimes(2);
});
