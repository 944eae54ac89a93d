import { expect, it } from 'vitest';
import { forClient, forServer } from '../src/backends/http/question-ids.js';
import { idIn, onlyMeantBy, withoutStandIns, withStandIns } from '../src/long-ids.js';
import type { JsonRpcMessage, RequestId } from '../src/routing/message.js';

const LONG = '9007199254740993';
const standIn = idIn(LONG) as RequestId;

function read(text: string): JsonRpcMessage {
  return withStandIns(JSON.parse(text), text) as JsonRpcMessage;
}

it.each([
  ['an id', `{"id":${LONG},"method":"m"}`],
  ['a progress token', `{"method":"m","params":{"_meta":{"progressToken":${LONG}}}}`],
  ['the token of a progress notification', `{"method":"m","params":{"progressToken":${LONG}}}`],
  ['the id of a cancelled request', `{"method":"m","params":{"requestId":${LONG}}}`],
  ['the last of several', `{"id":9007199254740995,"id":${LONG}}`],
])('%s is written as it was read', (_what, text) => {
  const expected = text.replace('"id":9007199254740995,', '');
  expect(withoutStandIns(JSON.stringify(read(text)))).toBe(expected);
});

it.each(['7', '-0', '1.0', '"7"', '9007199254740991', '0.10000000000000000001', '1e-400', 'null'])(
  'a message with the id %s stays the same object',
  (id) => {
    const text = `{"id":${id},"params":{"_meta":{"progressToken":${id}},"n":${LONG}}}`;
    const message = JSON.parse(text) as unknown;
    expect(withStandIns(message, text)).toBe(message);
  },
);

it('a stand-in that got into other text leaves nothing but the number there', () => {
  const message = { result: { [standIn]: standIn, text: `"${standIn}" is unknown`, all: [standIn] } };
  expect(withoutStandIns(JSON.stringify(message))).toBe(
    String.raw`{"result":{"${LONG}":${LONG},"text":"\"${LONG}\" is unknown","all":[${LONG}]}}`,
  );
});

it('a rounded id means the only one that it can mean', () => {
  const twin = idIn('9007199254740992') as RequestId;
  expect(onlyMeantBy(9007199254740992, [7, standIn, 'x'])).toBe(standIn);
  expect(onlyMeantBy(9007199254740992, [standIn, twin])).toBeUndefined();
  expect(onlyMeantBy(7, [standIn, 8])).toBeUndefined();
});

it('a server that begins a new session gets its long ids back', () => {
  const question = forClient({ id: standIn, method: 'roots/list' }, 2);
  expect(String(question.id)).toMatch(new RegExp(`:${LONG}$`));
  expect(forServer({ id: question.id, result: {} }, 2)?.id).toBe(standIn);
});
