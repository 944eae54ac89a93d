import { describe, expect, it } from 'vitest';
import { isModern, readEnvelope } from '../../src/modern/envelope.js';
import { call, ENVELOPE, HEADERS, METHODS, named, refused, RETRIES, SHAPE, TASKS } from './refused.js';
import { CAPABILITIES, headersFor, INFO, LEVEL, META, request, VERSION } from './requests.js';

const NONE = new Headers();

describe('a message is modern', () => {
  it.each([
    ['by its header', { jsonrpc: '2.0', id: 1, method: 'ping' }, headersFor('ping')],
    ['by a later revision in its header', {}, new Headers({ 'mcp-protocol-version': '2027-01-01' })],
    ['by its envelope', request('tools/list'), NONE],
    ['by an envelope with another version', request('tools/list', {}, { [VERSION]: '2025-11-25' }), NONE],
    ['by an envelope whose version is none', request('tools/list', {}, { [VERSION]: 5 }), NONE],
    ['by one request of a batch', [{ jsonrpc: '2.0', id: 1, method: 'ping' }, request('tools/list')], NONE],
  ])('%s', (_name, message, headers) => {
    expect(isModern(message, headers)).toBe(true);
  });

  it.each([
    ['without header and envelope', { jsonrpc: '2.0', id: 1, method: 'ping' }, NONE],
    ['with an earlier revision in its header', {}, new Headers({ 'mcp-protocol-version': '2025-11-25' })],
    ['as a batch of earlier requests', [{ jsonrpc: '2.0', id: 1, method: 'ping', params: { _meta: {} } }], NONE],
    ['as a text', 'text', NONE],
    ['as null', null, NONE],
  ])('not %s', (_name, message, headers) => {
    expect(isModern(message, headers)).toBe(false);
  });
});

describe('a faultless request', () => {
  it('is a call with all that its envelope says', () => {
    const meta = {
      ...META,
      [CAPABILITIES]: { elicitation: { url: {} } },
      [INFO]: { name: 'Ann', version: '1' },
      [LEVEL]: 'notice',
      progressToken: 'p',
    };
    const message = request('tools/call', { name: 'a', arguments: { b: 1 } }, meta);
    expect(readEnvelope(message, headersFor('tools/call', { 'mcp-name': 'a' }))).toEqual({
      kind: 'call',
      id: 1,
      method: 'tools/call',
      params: message['params'],
      message,
      capabilities: { elicitation: { url: {} } },
      clientInfo: { name: 'Ann', version: '1' },
      logLevel: 'notice',
      progressToken: 'p',
    });
  });

  it.each(['tools/call', 'prompts/get', 'resources/read'])('brings answers and state again for %s', (method) => {
    const retry = { name: 'a', uri: 'a', inputResponses: { x: { action: 'accept' } }, requestState: '' };
    expect(readEnvelope(request(method, retry), headersFor(method, { 'mcp-name': 'a' }))).toMatchObject({
      kind: 'call',
      inputResponses: { x: { action: 'accept' } },
      requestState: '',
    });
  });

  it('has no retry for other methods, whatever it brings', () => {
    const message = request('tools/list', { inputResponses: 5, requestState: 6 });
    const read = readEnvelope(message, headersFor('tools/list'));
    expect(read).toMatchObject({ kind: 'call', params: { inputResponses: 5, requestState: 6 } });
    expect(read).not.toHaveProperty('requestState');
    expect(read).not.toHaveProperty('inputResponses');
  });

  it('may have capabilities that nobody knows', () => {
    const meta = { ...META, [CAPABILITIES]: { extensions: { a: 1 }, elicitation: { later: 5 }, 'com.example/b': 7 } };
    expect(readEnvelope(request('tools/list', {}, meta), headersFor('tools/list'))).toMatchObject({ kind: 'call' });
  });

  it.each([
    ['in Base64', '=?base64?w6TDtsO8IA==?='],
    ['as it is', 'äöü '],
  ])('may carry its name %s', (_name, header) => {
    const headers = { get: (name: string) => (name === 'mcp-name' ? header : headersFor('tools/call').get(name)) };
    expect(readEnvelope(request('tools/call', { name: 'äöü ' }), headers)).toMatchObject({ kind: 'call' });
  });

  it('needs no Mcp-Name if it has no name, as somebody else will tell it', () => {
    expect(readEnvelope(request('tools/call'), headersFor('tools/call'))).toMatchObject({ kind: 'call' });
  });
});

describe('a notification', () => {
  it.each([
    ['without envelope', { jsonrpc: '2.0', method: 'notifications/x' }, headersFor('notifications/x')],
    ['without headers', { jsonrpc: '2.0', method: 'notifications/x', params: { _meta: META } }, NONE],
  ])('may come %s', (_name, message, headers) => {
    expect(readEnvelope(message, headers)).toMatchObject({ kind: 'notification', method: 'notifications/x' });
  });
});

describe.each([
  ['that is no single request', SHAPE],
  ['whose envelope is incomplete', ENVELOPE],
  ['whose headers say something else', HEADERS],
  ['that brings back something else than it was given', RETRIES],
])('a message %s is refused', (_name, cases) => {
  it.each(cases)('%s', (_rule, message, headers, expected) => {
    expect(readEnvelope(message, headers)).toMatchObject(expected);
  });
});

it.each([...METHODS, ...TASKS])('%s is not found', (method) => {
  expect(readEnvelope(request(method), headersFor(method))).toMatchObject(refused(404, -32_601));
});

it.each(['2025-11-25', '2027-01-01', 'draft', ''])('the version %o is not supported', (version) => {
  const message = request('tools/list', {}, { ...META, [VERSION]: version });
  expect(readEnvelope(message, headersFor('tools/list', { 'mcp-protocol-version': version }))).toMatchObject({
    ...refused(400, -32_022),
    error: { code: -32_022, data: { supported: ['2026-07-28'], requested: version } },
  });
});

it('a notification of a later revision is not supported', () => {
  const message = { jsonrpc: '2.0', method: 'notifications/x' };
  const headers = new Headers({ 'mcp-protocol-version': '2027-01-01' });
  expect(readEnvelope(message, headers)).toMatchObject(refused(400, -32_022, null));
});

it('a client is told which keys its envelope lacks', () => {
  expect(readEnvelope(request('tools/list', {}, {}), headersFor('tools/list'))).toMatchObject({
    error: { data: { envelope: { missing: [VERSION, CAPABILITIES] } } },
  });
});

it('a client is told which header says what', () => {
  expect(readEnvelope(call, named('b'))).toMatchObject({
    error: { data: { mismatch: { header: 'b', body: expect.stringContaining('params.name="a"') as string } } },
  });
});

it('other methods are for the backend to find', () => {
  expect(readEnvelope(request('com.example/x'), headersFor('com.example/x'))).toMatchObject({ kind: 'call' });
});
