/** What our own transport writes by itself, and when. */
import { expect, test, vi } from 'vitest';
import { answer, elicit, request } from '../support/messages.js';
import { closeOwnRigs, ownRig } from '../support/own-http.js';
import { timersStandStill } from '../support/timers.js';

timersStandStill(closeOwnRigs);

const COMMENT = ': keepalive\n\n';

test('the head of a POST is written 10 ms later, and a comment after each 15 s in which the stream is open', async () => {
  const { post, transport } = ownRig({});
  const response = post(request(7));
  await vi.advanceTimersByTimeAsync(9);
  expect(response.headersSent).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(response).toMatchObject({ headersSent: true, text: '' });
  await vi.advanceTimersByTimeAsync(14_999);
  expect(response.text).toBe('');
  await vi.advanceTimersByTimeAsync(1);
  expect(response.text).toBe(COMMENT);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(response.text).toBe(COMMENT + COMMENT);
  await transport.send(answer(7));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(response.text.split(COMMENT)).toHaveLength(3);
  expect(response.isEnded).toBe(true);
});

test('an answer within 10 ms is all that is written, and nothing comes after it', async () => {
  const { post, transport } = ownRig({});
  const response = post(request(7));
  await vi.advanceTimersByTimeAsync(9);
  await transport.send(answer(7));
  const { text } = response;
  expect(response).toMatchObject({ isEnded: true, text: expect.stringContaining('"id":7') as string });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(response.text).toBe(text);
  expect(response.calls.filter(([name]) => name === 'writeHead')).toHaveLength(1);
});

test('the head of a GET is written at once, and what waited is written with it', async () => {
  const { get, transport, written } = ownRig({ parkTimeoutMs: 100 });
  const asked = transport.send(elicit('a'));
  await vi.advanceTimersByTimeAsync(99);
  const response = get();
  expect(response.headersSent).toBe(true);
  await asked;
  // What is written in one tick leaves together, at its end.
  await vi.advanceTimersByTimeAsync(0);
  expect(written()).toEqual(['a']);
  // A stream that has its head gets no other.
  await vi.advanceTimersByTimeAsync(10);
  expect(response.calls.filter(([name]) => name === 'writeHead')).toHaveLength(1);
});
