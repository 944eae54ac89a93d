import { describe, expect, it } from 'vitest';
import { readEnvelope, type ModernCall } from '../../src/modern/envelope.js';
import { answersIn, legacyCapabilities, legacyRequest } from '../../src/modern/to-legacy.js';
import { jsonOf } from '../../src/json-messages.js';
import { keepText } from '../../src/original-text.js';
import { callOf, headersFor, INFO, LEVEL, META } from './requests.js';

const RETRY = { inputResponses: { x: {} }, requestState: 's' };

describe('the request to the backend', () => {
  it('has its own id, and params without an envelope', () => {
    const meta = { ...META, [INFO]: { name: 'Ann', version: '1' }, [LEVEL]: 'debug' };
    expect(legacyRequest(callOf('tools/call', { name: 'a', arguments: { b: 1 } }, meta), 7)).toEqual({
      jsonrpc: '2.0',
      id: 7,
      method: 'tools/call',
      params: { name: 'a', arguments: { b: 1 } },
    });
  });

  it('keeps what else stands in _meta', () => {
    const { params } = legacyRequest(callOf('tools/list', {}, { ...META, traceparent: '00-1', 'com.example/a': 1 }), 7);
    expect(params).toEqual({ _meta: { traceparent: '00-1', 'com.example/a': 1 } });
  });

  it('brings back neither answers nor state', () => {
    expect(legacyRequest(callOf('tools/call', { name: 'a', ...RETRY }), 7).params).toEqual({ name: 'a' });
    expect(legacyRequest(callOf('tools/list', { cursor: 'c', ...RETRY }), 7).params).toEqual({ cursor: 'c' });
  });

  it('keeps arguments that have the names of what is left out', () => {
    const { params } = legacyRequest(callOf('tools/call', { name: 'a', arguments: { ...RETRY, _meta: META } }), 7);
    expect(params).toEqual({ name: 'a', arguments: { ...RETRY, _meta: META } });
  });

  it('creates no task', () => {
    expect(legacyRequest(callOf('tools/call', { name: 'a', task: { ttl: 1 } }), 7).params).toEqual({ name: 'a' });
    expect(legacyRequest(callOf('com.example/x', { task: 1 }), 7).params).toEqual({ task: 1 });
  });

  it.each([
    ['ours in place of the client’s', 'theirs', 'ours', { _meta: { progressToken: 'ours' } }],
    ['none if the client asks for none', undefined, 'ours', {}],
    ['none if nobody is to tell it', 'theirs', undefined, {}],
    ['0 is one as well', 0, 0, { _meta: { progressToken: 0 } }],
  ])('has a progress token: %s', (_name, theirs, ours, params) => {
    const meta = theirs === undefined ? META : { ...META, progressToken: theirs };
    expect(legacyRequest(callOf('tools/list', {}, meta), 7, ours).params).toEqual(params);
  });

  it('does not change the call', () => {
    const call = callOf('tools/call', { name: 'a', ...RETRY }, { ...META, progressToken: 1 });
    const before = structuredClone(call);
    legacyRequest(call, 7, 8);
    expect(call).toEqual(before);
  });

  it('writes numbers as the client has written them', () => {
    const envelope = JSON.stringify(META).slice(1, -1);
    const call = readText(
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","requestState":"s",
      "arguments":{"n":12345678901234567890, "m":1.0},"_meta":{${envelope},"progressToken":1,"x":2.50}}}`,
    );
    expect(jsonOf(legacyRequest(call, 7, 8))).toBe(
      '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a",' +
        '"arguments":{"n":12345678901234567890, "m":1.0},"_meta":{"x":2.50,"progressToken":8}}}',
    );
  });
});

function readText(text: string): ModernCall {
  const message = JSON.parse(text) as object;
  keepText(message, text);
  const read = readEnvelope(message, headersFor('tools/call', { 'mcp-name': 'a' }));
  if (read.kind !== 'call') throw new TypeError(JSON.stringify(read));
  return read;
}

it.each([
  [{}, {}],
  [{ tasks: {}, sampling: {} }, { sampling: {} }],
  [{ roots: { listChanged: true } }, { roots: {} }],
  [{ roots: { later: 1 } }, { roots: { later: 1 } }],
  [{ elicitation: {} }, { elicitation: {} }],
  [
    { elicitation: { url: {} }, extensions: { a: {} } },
    { elicitation: { url: {} }, extensions: { a: {} } },
  ],
])('the capabilities %j are declared in a session as %j', (modern, legacy) => {
  expect(legacyCapabilities(modern)).toEqual(legacy);
});

describe('a retry', () => {
  const open = new Map([
    ['e', { method: 'elicitation/create' }],
    ['s', { method: 'sampling/createMessage' }],
    ['r', { method: 'roots/list' }],
  ]);
  const content = { type: 'text', text: 'hi' };
  const sampled = { role: 'assistant', model: 'm', content };

  it.each([
    ['e', { action: 'accept', content: { a: 1 } }],
    ['e', { action: 'decline' }],
    ['e', { action: 'cancel', content: {} }],
    ['s', sampled],
    ['s', { ...sampled, content: [content], stopReason: 'toolUse' }],
    ['r', { roots: [] }],
    ['r', { roots: [{ uri: 'file:///a', name: 'a' }] }],
  ])('answers %s with %j', (key, result) => {
    expect(answersIn({ [key]: result }, open)).toEqual([{ key, result }]);
  });

  it.each([
    ['e', null],
    ['e', 'accept'],
    ['e', [{ action: 'accept' }]],
    ['e', { action: 'agree' }],
    ['e', { action: 'accept', content: 'yes' }],
    ['e', { method: 'elicitation/create', result: { action: 'accept' } }],
    ['e', { error: { code: 1, message: 'no' } }],
    ['e', sampled],
    ['s', { action: 'accept' }],
    ['s', { ...sampled, content: 'hi' }],
    ['s', { ...sampled, content: ['hi'] }],
    ['s', { ...sampled, model: undefined }],
    ['r', {}],
    ['r', { roots: {} }],
    ['r', { roots: [{ name: 'a' }] }],
  ])('does not answer %s with %j', (key, result) => {
    expect(answersIn({ [key]: result }, open)).toEqual([]);
  });

  it('answers what is open, in the order in which it was asked, and nothing else', () => {
    const responses = { x: { action: 'accept' }, r: { roots: [] }, e: { action: 'cancel' } };
    expect(answersIn(responses, open).map(({ key }) => key)).toEqual(['e', 'r']);
  });

  it('without answers has none', () => {
    expect(answersIn(undefined, open)).toEqual([]);
    expect(answersIn({}, new Map([['__proto__', { method: 'com.example/x' }]]))).toEqual([]);
  });
});
