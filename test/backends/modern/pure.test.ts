import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientIn, headersOf, withEnvelope } from '../../../src/backends/modern/envelope.js';
import {
  answerAfterError,
  inputRequiredIn,
  isDeclared,
  requestFor,
  retryParams,
} from '../../../src/backends/modern/input-required.js';
import { paramHeadersFor, paramHeadersIn } from '../../../src/param-headers.js';
import { initializeResult, legacyResult } from '../../../src/backends/modern/results.js';
import { textInHeader } from '../../../src/header-value.js';

const HEADER = 'x-mcp-header';
const text = (name: unknown, more: object = {}): object => ({ type: 'string', [HEADER]: name, ...more });

describe('the headers that a tool asks for', () => {
  it.each([
    ['none', { type: 'object', properties: { a: { type: 'string' } } }, []],
    ['one', { properties: { a: text('A') } }, [{ path: ['a'], name: 'A' }]],
    ['a nested one', { properties: { a: { properties: { b: text('B') } } } }, [{ path: ['a', 'b'], name: 'B' }]],
    ['none: it is the name of an argument', { properties: { [HEADER]: { type: 'string' } } }, []],
    ['none: it is data', { properties: { a: { default: text('A'), enum: [text('A')] } } }, []],
    ['no text', { properties: { a: text(5) } }, undefined],
    ['nothing', { properties: { a: text('') } }, undefined],
    ['with a space', { properties: { a: text('a b') } }, undefined],
    ['with a line break', { properties: { a: text('a\r\nb') } }, undefined],
    ['for a number', { properties: { a: { type: 'number', [HEADER]: 'A' } } }, undefined],
    ['for an object', { properties: { a: { type: 'object', [HEADER]: 'A' } } }, undefined],
    ['for several types', { properties: { a: { type: ['string', 'null'], [HEADER]: 'A' } } }, undefined],
    ['for all arguments', text('A'), undefined],
    ['the same twice', { properties: { a: text('A'), b: text('a') } }, undefined],
    ['in a list', { properties: { a: { items: text('A') } } }, undefined],
    ['in a branch', { properties: { a: { anyOf: [{ type: 'null' }, text('A')] } } }, undefined],
    ['below a branch', { anyOf: [{ properties: { a: text('A') } }] }, undefined],
    ['in a definition', { $defs: { a: text('A') } }, undefined],
  ])('%s', (_, schema, expected) => {
    expect(paramHeadersIn(schema)).toEqual(expected);
  });

  it('are found however deep the schema is', () => {
    let schema: object = text('A');
    for (let depth = 0; depth < 50_000; depth++) schema = { not: schema };
    expect(paramHeadersIn(schema)).toBeUndefined();
  });

  it.each([
    ['text', 'text'],
    [true, 'true'],
    [42, '42'],
    [-0.5, '-0.5'],
    ['ü', '=?base64?w7w=?='],
    [null, undefined],
    [undefined, undefined],
    [{}, undefined],
    [2 ** 60, undefined],
  ])('are for %j: %j', (value, expected) => {
    const headers = paramHeadersFor([{ path: ['a', 'b'], name: 'B' }], { a: { b: value } });
    expect(headers['Mcp-Param-B']).toBe(expected);
  });

  it('are not for what every object has', () => {
    expect(paramHeadersFor([{ path: ['constructor', 'name'], name: 'B' }], {})).toEqual({});
  });

  it('can be sent and read again, whatever the argument is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const header = paramHeadersFor([{ path: ['a'], name: 'A' }], { a: value })['Mcp-Param-A'] ?? '';
        expect(header).toMatch(/^[\x20-\x7e]*$/);
        expect(header.trim()).toBe(header);
        expect(textInHeader(header)).toBe(value);
      }),
    );
  });
});

describe('a request', () => {
  const client = clientIn({
    capabilities: { roots: { listChanged: true }, tasks: {}, elicitation: { form: {} } },
    clientInfo: { name: 'ann', version: '1' },
  });

  it('says who its client is, and keeps all else', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (params, meta) => {
          const { _meta: changed, ...kept } = withEnvelope({ ...params, _meta: meta }, client);
          const { _meta: _own, ...own } = params;
          expect(kept).toEqual(own);
          expect(changed).toEqual({
            ...meta,
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': { roots: {}, elicitation: { form: {} } },
            'io.modelcontextprotocol/clientInfo': { name: 'ann', version: '1' },
          });
        },
      ),
    );
  });

  it.each([
    ['tools/call', { name: 'a' }, 'a'],
    ['prompts/get', { name: 'a' }, 'a'],
    ['resources/read', { uri: 'test://ü' }, '=?base64?dGVzdDovL8O8?='],
    ['tools/list', { name: 'a' }, undefined],
    ['tools/call', { name: 5 }, undefined],
    ['tools/call', undefined, undefined],
  ])('%s with %j repeats the name %j in a header', (method, params, name) => {
    const headers = headersOf(method, params);
    expect(headers['mcp-name']).toBe(name);
    expect(headers).toMatchObject({ 'mcp-method': method, 'mcp-protocol-version': '2026-07-28' });
  });
});

describe('a result', () => {
  it.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])('of initialize is of revision %s', (asked) => {
    expect(initializeResult({}, asked)['protocolVersion']).toBe(asked);
  });

  it.each(['2026-07-28', '1999-01-01', undefined, 5])('of initialize is of no revision %j', (asked) => {
    expect(initializeResult({}, asked)['protocolVersion']).toBe('2025-11-25');
  });

  it('of initialize offers logs, and nothing that earlier revisions do not know', () => {
    const result = initializeResult({ capabilities: { tools: {}, extensions: { a: {} }, tasks: {} } }, '2025-06-18');
    expect(result['capabilities']).toEqual({ tools: {}, logging: {} });
  });

  it.each([
    [{ resultType: 'complete', ttlMs: 5, cacheScope: 'public', a: 1 }, { a: 1 }],
    [{ _meta: { 'io.modelcontextprotocol/serverInfo': {} } }, {}],
    [{ _meta: { 'io.modelcontextprotocol/serverInfo': {}, b: 2 } }, { _meta: { b: 2 } }],
  ])('%j becomes %j', (result, expected) => {
    expect(legacyResult('prompts/get', result, true)).toEqual(expected);
  });

  it.each([
    [{ structuredContent: { a: 1 } }, { structuredContent: { a: 1 } }],
    [{ structuredContent: [1] }, { content: [{ type: 'text', text: '[1]' }] }],
    [{ structuredContent: 5, content: [{ type: 'text', text: 'x' }] }, { content: [{ type: 'text', text: 'x' }] }],
  ])('of a tool %j becomes %j', (result, expected) => {
    expect(legacyResult('tools/call', result, true)).toEqual(expected);
  });

  it('lists tools with invalid headers if there are no headers', () => {
    const tools = [{ name: 'a', inputSchema: { properties: { a: text('a b') } } }];
    expect(legacyResult('tools/list', { tools }, true)).toEqual({ tools: [] });
    expect(legacyResult('tools/list', { tools }, false)).toEqual({ tools });
  });

  it('lists tools without output schemas that are not for objects', () => {
    const tools = [
      { name: 'a', outputSchema: { type: 'object' } },
      { name: 'b', outputSchema: { type: 'array' } },
    ];
    expect(legacyResult('tools/list', { tools }, true)).toEqual({ tools: [tools[0], { name: 'b' }] });
  });
});

describe('input that is required', () => {
  const ask = (method: string, params?: object): object => ({ method, ...(params && { params }) });

  it.each([
    [{ resultType: 'complete' }, undefined],
    [{}, undefined],
    [
      { resultType: 'input_required', requestState: '' },
      { asks: [], state: '' },
    ],
    [
      { resultType: 'input_required', inputRequests: { k: ask('roots/list') } },
      { asks: [{ key: 'k', method: 'roots/list' }], state: undefined },
    ],
    [{ resultType: 'input_required' }, 'invalid'],
    [{ resultType: 'input_required', inputRequests: { k: ask('ping') } }, 'invalid'],
    [{ resultType: 'input_required', inputRequests: { k: null } }, 'invalid'],
    [{ resultType: 'input_required', inputRequests: [], requestState: 'a' }, 'invalid'],
    [{ resultType: 'input_required', requestState: 5 }, 'invalid'],
    [
      {
        resultType: 'input_required',
        inputRequests: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [n, ask('roots/list')])),
      },
      'invalid',
    ],
  ])('by %j is %j', (result, expected) => {
    expect(inputRequiredIn(result)).toEqual(expected);
  });

  it.each([
    ['roots/list', {}, { roots: {} }, true],
    ['roots/list', {}, {}, false],
    ['elicitation/create', {}, { elicitation: {} }, true],
    ['elicitation/create', { mode: 'url' }, { elicitation: {} }, false],
    ['elicitation/create', { mode: 'url' }, { elicitation: { url: {} } }, true],
    ['elicitation/create', {}, { elicitation: { url: {} } }, false],
    ['elicitation/create', {}, { elicitation: { url: {}, form: {} } }, true],
    ['sampling/createMessage', {}, { elicitation: {} }, false],
    ['sampling/createMessage', {}, { sampling: {} }, true],
    ['sampling/createMessage', { tools: [] }, { sampling: {} }, false],
    ['sampling/createMessage', { toolChoice: {} }, { sampling: {} }, false],
    ['sampling/createMessage', { tools: [] }, { sampling: { tools: {} } }, true],
  ])('%s %j of a client with %j: %j', (method, params, capabilities, expected) => {
    expect(isDeclared({ key: 'k', method, params }, clientIn({ capabilities }))).toBe(expected);
  });

  it('is asked with an id for the elicitation in URL mode only', () => {
    const params = { mode: 'url', url: 'https://a', message: 'm' };
    expect(requestFor({ key: 'k', method: 'elicitation/create', params }, 'i')).toMatchObject({
      id: 'i',
      params: { ...params, elicitationId: 'i' },
    });
    expect(requestFor({ key: 'k', method: 'roots/list', params: undefined }, 'i')).toEqual({
      jsonrpc: '2.0',
      id: 'i',
      method: 'roots/list',
    });
  });

  it('goes back with the original params', () => {
    expect(retryParams({ a: 1 }, { k: 2 }, 's')).toEqual({ a: 1, inputResponses: { k: 2 }, requestState: 's' });
    expect(retryParams({ a: 1 }, {}, '')).toEqual({ a: 1, requestState: '' });
    expect(retryParams(undefined, { k: 2 }, undefined)).toEqual({ inputResponses: { k: 2 } });
  });

  it('that the client answers with an error is a result of a tool, and an error of anything else', () => {
    const asked = { key: 'k', method: 'roots/list', params: undefined };
    const error = { code: -1, message: 'no' };
    expect(answerAfterError(1, 'tools/call', asked, error)).toMatchObject({ id: 1, result: { isError: true } });
    expect(answerAfterError(1, 'prompts/get', asked, error)).toEqual({ jsonrpc: '2.0', id: 1, error });
  });
});
