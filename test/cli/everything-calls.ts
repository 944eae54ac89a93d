/** What clients of the reference server from npm ask of it, wherever it stands. */
import { expect } from 'vitest';
import type { StrictClient } from '../../examples/lib/strict-client.js';
import { isOf, streamsOf } from '../support/arrivals.js';
import { answersOf, startCall, textOf } from '../support/stage.js';

export const DYNAMIC = 'demo://resource/dynamic/text';

/** The answers of its user. */
export const ANSWERS = {
  ...answersOf('ann'),
  'elicitation/create': () => ({ action: 'accept', content: { name: 'Ada' } }),
};

/** Its tools that ask the user. */
export const ASKING = [
  { tool: 'trigger-elicitation-request', args: {}, method: 'elicitation/create', answer: 'Ada' },
  { tool: 'trigger-sampling-request', args: { prompt: 'hi' }, method: 'sampling/createMessage', answer: 'ann' },
] as const;

/** Calls the tool so many times. The user must be asked on the stream of each call. */
export async function mustAskOnStreams(
  client: StrictClient,
  { tool, args, method, answer }: (typeof ASKING)[number],
  times: number,
): Promise<void> {
  const calls = [];
  for (let turn = 1; turn <= times; turn++) {
    const call = await startCall(client, tool, args);
    expect(await textOf(call)).toContain(answer);
    calls.push(call);
  }
  expect(streamsOf(client, method)).toEqual(calls.map(({ id }) => `POST ${id}`));
}

/** Subscribes to a resource. The news must come on the GET stream. */
export async function mustTellOnGet(client: StrictClient, uri: string): Promise<void> {
  expect(await resultOf(client, 'resources/subscribe', { uri })).toEqual({});
  expect(await client.callTool('toggle-subscriber-updates')).toContain('Started');
  const { stream, message } = await client.next(isOf('notifications/resources/updated'), 0);
  expect([stream, message.params]).toEqual(['GET', { uri }]);
  expect(await client.callTool('toggle-subscriber-updates')).toContain('Stopped');
}

export async function resultOf(
  client: StrictClient,
  method: string,
  params: object = {},
): Promise<Readonly<Record<string, unknown>>> {
  return (await client.request(method, params)).result as Readonly<Record<string, unknown>>;
}
