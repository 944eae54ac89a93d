import { describe, expect, it } from 'vitest';
import { changedText } from '../../src/changed-text.js';
import { inputRequired, urlRequestsIn } from '../../src/modern/input-required.js';
import { keepText } from '../../src/original-text.js';
import { SERVER } from './requests.js';

const RELATED = 'io.modelcontextprotocol/related-task';
const ROOTS = { jsonrpc: '2.0', id: 5, method: 'roots/list' };

function inputsFor(...requests: readonly object[]): unknown {
  return inputRequired({ requests: new Map(requests.map((each, at) => [`k${at}`, each])) })['inputRequests'];
}

describe('server requests become a result', () => {
  it('by their keys, with the state to bring back', () => {
    const serverInfo = { name: 'backend', version: '1' };
    expect(inputRequired({ requests: new Map([['a', ROOTS]]), requestState: 's', serverInfo })).toEqual({
      resultType: 'input_required',
      inputRequests: { a: { method: 'roots/list' } },
      requestState: 's',
      _meta: { [SERVER]: serverInfo },
    });
  });

  it('without a state, if nothing waits for them', () => {
    expect(inputRequired({ requests: new Map([['__proto__', ROOTS]]) })).toEqual({
      resultType: 'input_required',
      inputRequests: Object.fromEntries([['__proto__', { method: 'roots/list' }]]),
    });
  });

  it('without JSON-RPC, and otherwise as they are', () => {
    const params = { mode: 'form', message: 'Who?', requestedSchema: { type: 'object', properties: {} } };
    const sampling = { messages: [], maxTokens: 5, tools: [] };
    expect(
      inputsFor(
        { jsonrpc: '2.0', id: 1, method: 'elicitation/create', params },
        { jsonrpc: '2.0', id: 2, method: 'sampling/createMessage', params: sampling },
      ),
    ).toEqual({
      k0: { method: 'elicitation/create', params },
      k1: { method: 'sampling/createMessage', params: sampling },
    });
  });

  it('without what only earlier revisions know', () => {
    const meta = { progressToken: 1, [RELATED]: { taskId: 't' }, 'com.example/a': 1 };
    const params = { mode: 'url', url: 'https://example.com', message: 'Go', elicitationId: 'e', task: { ttl: 1 } };
    expect(
      inputsFor(
        { ...ROOTS, method: 'elicitation/create', params: { ...params, _meta: meta } },
        { ...ROOTS, params: { _meta: { progressToken: 1 } } },
      ),
    ).toEqual({
      k0: {
        method: 'elicitation/create',
        params: { mode: 'url', url: 'https://example.com', message: 'Go', _meta: { 'com.example/a': 1 } },
      },
      k1: { method: 'roots/list', params: {} },
    });
  });

  it('with the numbers that the backend has written', () => {
    const text = '{"jsonrpc":"2.0","id":1,"method":"x","params":{"task":1,"maximum":9223372036854775807}}';
    const request = JSON.parse(text) as object;
    keepText(request, text);
    const result = inputRequired({ requests: new Map([['a', request]]), requestState: 's' });
    expect(changedText({ result }, {})).toBe(
      '{"result":{"resultType":"input_required","inputRequests":' +
        '{"a":{"method":"x","params":{"maximum":9223372036854775807}}},"requestState":"s"}}',
    );
  });
});

describe('an error that demands URL elicitations', () => {
  const elicitation = { mode: 'url', url: 'https://example.com', message: 'Go', elicitationId: 'e' };

  it('becomes one server request each', () => {
    const second = { url: 'https://example.com/2', message: 'Go on', elicitationId: 'f' };
    const requests = urlRequestsIn({ code: -32_042, message: 'a', data: { elicitations: [elicitation, second] } });
    expect([...(requests ?? [])]).toEqual([
      ['elicitation-1', { method: 'elicitation/create', params: elicitation }],
      ['elicitation-2', { method: 'elicitation/create', params: { ...second, mode: 'url' } }],
    ]);
  });

  it.each([
    ['another error', { code: -32_000, message: 'a', data: { elicitations: [elicitation] } }],
    ['no data', { code: -32_042, message: 'a' }],
    ['no list', { code: -32_042, message: 'a', data: { elicitations: elicitation } }],
    ['an empty list', { code: -32_042, message: 'a', data: { elicitations: [] } }],
    ['no pages', { code: -32_042, message: 'a', data: { elicitations: [null, {}, { mode: 'form' }] } }],
  ])('stays an error with %s', (_name, error) => {
    expect(urlRequestsIn(error)).toBeUndefined();
  });
});
