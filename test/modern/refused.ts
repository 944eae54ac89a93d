/** Messages that break a rule of revision 2026-07-28, and the refusals that they get. */
import { CAPABILITIES, headersFor, INFO, LEVEL, META, request, VERSION } from './requests.js';

const NONE = new Headers();

export type Case = readonly [rule: string, message: unknown, headers: Headers, expected: object];

export function refused(status: number, code: number, id: unknown = 1): object {
  return { kind: 'refusal', status, id, error: { code } };
}

export const call = request('tools/call', { name: 'a' });
export const named = (name?: string) => headersFor('tools/call', { 'mcp-name': name });
const notification = (meta: object) => ({ jsonrpc: '2.0', method: 'notifications/x', params: { _meta: meta } });

export const SHAPE: readonly Case[] = [
  ['a batch', [call], named('a'), refused(400, -32_600, null)],
  ['an empty batch', [], named('a'), refused(400, -32_600, null)],
  ['null', null, named(), refused(400, -32_600, null)],
  ['a text', 'tools/call', named(), refused(400, -32_600, null)],
  ['an empty object', {}, named(), refused(400, -32_600, null)],
  ['a response', { jsonrpc: '2.0', id: 1, result: {} }, named(), refused(400, -32_600, null)],
  ['an error response', { jsonrpc: '2.0', id: 1, error: {} }, named(), refused(400, -32_600, null)],
  ['another version of JSON-RPC', { ...call, jsonrpc: '1.0' }, named('a'), refused(400, -32_600)],
  ['params that are a list', { ...call, params: [] }, named(), refused(400, -32_600)],
  [
    'a progress token that is none',
    request('tools/call', {}, { ...META, progressToken: {} }),
    named(),
    refused(400, -32_600),
  ],
  ['a list as _meta', { ...call, params: { _meta: [] } }, named(), refused(400, -32_600)],
  ['a method that is no text', { ...call, method: 5 }, named('a'), refused(400, -32_600, null)],
  ['the id null', { ...call, id: null }, named('a'), refused(400, -32_600, null)],
  ['a fraction as id', { ...call, id: 1.5 }, named('a'), refused(400, -32_600, null)],
];

export const ENVELOPE: readonly Case[] = [
  ['no params', { jsonrpc: '2.0', id: 1, method: 'tools/list' }, headersFor('tools/list'), refused(400, -32_602)],
  ['no version', request('tools/call', {}, { [CAPABILITIES]: {} }), named(), refused(400, -32_602)],
  ['no capabilities', request('tools/call', {}, { [VERSION]: '2026-07-28' }), named(), refused(400, -32_602)],
  ['a number as version', request('tools/call', {}, { ...META, [VERSION]: 1 }), named(), refused(400, -32_602)],
  [
    'a list as capabilities',
    request('tools/call', {}, { ...META, [CAPABILITIES]: [] }),
    named(),
    refused(400, -32_602),
  ],
  [
    'a flag as capability',
    request('tools/call', {}, { ...META, [CAPABILITIES]: { sampling: true } }),
    named(),
    refused(400, -32_602),
  ],
  [
    'a flag as mode',
    request('tools/call', {}, { ...META, [CAPABILITIES]: { elicitation: { url: true } } }),
    named(),
    refused(400, -32_602),
  ],
  [
    'a client without version',
    request('tools/call', {}, { ...META, [INFO]: { name: 'A' } }),
    named(),
    refused(400, -32_602),
  ],
  ['an unknown log level', request('tools/call', {}, { ...META, [LEVEL]: 'loud' }), named(), refused(400, -32_602)],
  ['a notification without version', notification({ [VERSION]: 7 }), NONE, refused(400, -32_602, null)],
];

export const HEADERS: readonly Case[] = [
  ['another version', call, headersFor('tools/call', { 'mcp-protocol-version': '2025-11-25' }), refused(400, -32_020)],
  ['no version', call, headersFor('tools/call', { 'mcp-protocol-version': undefined }), refused(400, -32_020)],
  [
    'another version than the body, which is not supported',
    request('tools/call', { name: 'a' }, { ...META, [VERSION]: '2027-01-01' }),
    named('a'),
    refused(400, -32_020),
  ],
  ['another method', call, headersFor('tools/list', { 'mcp-name': 'a' }), refused(400, -32_020)],
  ['the method in other letters', call, headersFor('Tools/Call', { 'mcp-name': 'a' }), refused(400, -32_020)],
  ['no method', call, headersFor('x', { 'mcp-method': undefined, 'mcp-name': 'a' }), refused(400, -32_020)],
  ['no name', call, named(), refused(400, -32_020)],
  ['another name', call, named('b'), refused(400, -32_020)],
  ['an empty name', call, named(''), refused(400, -32_020)],
  ['another name in Base64', call, named('=?base64?Yg==?='), refused(400, -32_020)],
  ['Base64 that is none', call, named('=?base64?$?='), refused(400, -32_020)],
  ['Base64 that is no UTF-8', call, named('=?base64?/w==?='), refused(400, -32_020)],
  [
    'another prompt',
    request('prompts/get', { name: 'a' }),
    headersFor('prompts/get', { 'mcp-name': 'b' }),
    refused(400, -32_020),
  ],
  [
    'another resource',
    request('resources/read', { uri: 'a:', name: 'b' }),
    headersFor('resources/read', { 'mcp-name': 'b' }),
    refused(400, -32_020),
  ],
  [
    'an initialize request without envelope',
    { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25' } },
    headersFor('initialize'),
    refused(400, -32_020),
  ],
  ['a notification of another method', notification(META), headersFor('x'), refused(400, -32_020, null)],
  [
    'a notification of another version',
    notification(META),
    new Headers({ 'mcp-protocol-version': '2025-11-25' }),
    refused(400, -32_020, null),
  ],
];

export const METHODS = ['initialize', 'ping', 'logging/setLevel', 'resources/subscribe', 'resources/unsubscribe'];
export const TASKS = ['tasks/get', 'tasks/list', 'tasks/result', 'tasks/cancel', 'tasks/update'];

export const RETRIES: readonly Case[] = [
  ['a number as state', request('tools/call', { name: 'a', requestState: 5 }), named('a'), refused(200, -32_602)],
  ['null as state', request('tools/call', { name: 'a', requestState: null }), named('a'), refused(200, -32_602)],
  ['a list as answers', request('tools/call', { name: 'a', inputResponses: [] }), named('a'), refused(200, -32_602)],
  ['null as answers', request('tools/call', { name: 'a', inputResponses: null }), named('a'), refused(200, -32_602)],
];
