/** A client has one session, though its server has had several: each question has an id of its own. */
import { expect, it } from 'vitest';
import { forClient, forServer } from '../../../src/backends/http/question-ids.js';

const question = (id: string | number): object => ({ jsonrpc: '2.0', id, method: 'roots/list' });

it.each(['a', '', '1', 0, 1])('the id %o is another in each session, and the server gets its own back', (id) => {
  const told = [0, 1, 2].map((session) => forClient(question(id), session).id);
  expect(new Set(told).size).toBe(3);
  for (const [session, outward] of told.entries()) {
    expect(forServer({ jsonrpc: '2.0', id: outward, result: {} }, session)).toEqual({ jsonrpc: '2.0', id, result: {} });
    expect(forServer({ jsonrpc: '2.0', id: outward, result: {} }, session + 1)).toBeUndefined();
  }
});

it('what takes a question back names it as the client knows it', () => {
  const told = forClient(
    { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 3, reason: 'r' } },
    2,
  );
  expect(told.params).toEqual({ requestId: forClient(question(3), 2).id, reason: 'r' });
});

it('everything else passes as it is', () => {
  const news = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 1 } };
  const answer = { jsonrpc: '2.0', id: 4, result: {} };
  expect([forClient(news, 3), forClient(answer, 3)]).toEqual([news, answer]);
});
