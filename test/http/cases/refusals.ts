import { STATEFUL, STATELESS, callOf, newsOf, type Asking, type Party } from '../party.js';
import type { Case } from './case.js';

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
};

/** One request to a session that has begun. */
function within(title: string, asking: Asking): Case {
  return {
    title,
    options: () => STATEFUL,
    run: async (party) => {
      await party.initialize();
      await party.ask({ body: JSON.stringify(callOf(1)), ...asking });
    },
  };
}

/** One request to a new transport. */
function fresh(title: string, options: Case['options'], asking: Asking): Case {
  return { title, options, run: (party) => party.ask({ body: JSON.stringify(callOf(1)), ...asking }) };
}

function body(title: string, text: string): Case {
  return within(title, { body: text });
}

const NO_BODY = { method: 'GET', body: '', without: ['content-length'] };
const GUARDED = { ...STATEFUL, enableDnsRebindingProtection: true };

const SITES: readonly Case[] = [
  fresh('a host that is not allowed', () => ({ ...GUARDED, allowedHosts: ['example.com'] }), {}),
  fresh('an origin that is not allowed', () => ({ ...GUARDED, allowedOrigins: ['https://example.com'] }), {
    headers: [['origin', 'https://evil.example']],
  }),
  fresh('an allowed origin', () => ({ ...GUARDED, allowedOrigins: ['https://example.com'] }), {
    body: JSON.stringify(INITIALIZE),
    headers: [['origin', 'https://example.com']],
  }),
  fresh('no origin', () => ({ ...GUARDED, allowedOrigins: ['https://example.com'] }), {
    body: JSON.stringify(INITIALIZE),
  }),
  fresh('an empty list of hosts', () => ({ ...GUARDED, allowedHosts: [] }), { body: JSON.stringify(INITIALIZE) }),
  fresh('a host while the protection is off', () => ({ ...STATEFUL, allowedHosts: ['example.com'] }), {
    body: JSON.stringify(INITIALIZE),
  }),
  fresh('a host before the method', () => ({ ...GUARDED, allowedHosts: ['example.com'] }), { method: 'PUT' }),
];

const METHODS = ['PUT', 'PATCH', 'OPTIONS', 'HEAD', 'PROPFIND'].map((method) =>
  fresh(`the method ${method}`, () => STATEFUL, { method }),
);

const HEADERS: readonly Case[] = [
  within('a POST that accepts nothing', { without: ['accept'] }),
  within('a POST that accepts another type', { headers: [['accept', 'text/html']] }),
  within('a GET that accepts nothing', { ...NO_BODY, without: ['accept', 'content-length'] }),
  within('a GET that accepts JSON only', { ...NO_BODY, headers: [['accept', 'application/json']] }),
  within('a POST that accepts nothing and has no JSON', { without: ['accept', 'content-type'] }),
  within('no content type', { without: ['content-type'] }),
  ...[
    'text/plain',
    'text/plain; a=application/json',
    'application/jsonp',
    'application/json, text/plain',
    'application/json; charset=utf-8',
    'Application/JSON ;charset="a,b"',
    'application/json;',
    'application/json; charset=',
    'application/json; charset=a, text/plain',
    'application/json; a="b',
    ' application/json',
    'application/json;a=b;;',
    'application/json x',
    '',
  ].map((type) => within(`the content type ${JSON.stringify(type)}`, { headers: [['content-type', type]] })),
  within('two content types', {
    headers: [
      ['content-type', 'application/json'],
      ['Content-Type', 'application/json'],
    ],
  }),
  within('no session id', { without: ['mcp-session-id'] }),
  within('an empty session id', { headers: [['mcp-session-id', '']] }),
  within('another session id', { headers: [['mcp-session-id', 'another']] }),
  within('two session ids', {
    headers: [
      ['mcp-session-id', 'the-session'],
      ['mcp-session-id', 'the-session'],
    ],
  }),
  within('an unknown version', { headers: [['mcp-protocol-version', '1999-01-01']] }),
  within('an empty version', { headers: [['mcp-protocol-version', '']] }),
  within('a version twice', {
    headers: [
      ['mcp-protocol-version', '2025-06-18'],
      ['mcp-protocol-version', '2025-06-18'],
    ],
  }),
  within('no version', { without: ['mcp-protocol-version'] }),
  within('a GET without session id', { ...NO_BODY, without: ['mcp-session-id', 'content-length'] }),
  within('a GET of another session', { ...NO_BODY, headers: [['mcp-session-id', 'another']] }),
  within('a GET of an unknown version', { ...NO_BODY, headers: [['mcp-protocol-version', '1999-01-01']] }),
  within('a DELETE without session id', { method: 'DELETE', body: '', without: ['mcp-session-id'] }),
  within('a DELETE of another session', { method: 'DELETE', body: '', headers: [['mcp-session-id', 'another']] }),
  within('a DELETE of an unknown version', {
    method: 'DELETE',
    body: '',
    headers: [['mcp-protocol-version', '1999-01-01']],
  }),
  ...['GET', 'POST', 'DELETE'].map((method) =>
    fresh(`a ${method} before initialize`, () => STATEFUL, method === 'POST' ? {} : { method, body: '' }),
  ),
  fresh('an unknown version without a session', () => STATELESS, {
    headers: [['mcp-protocol-version', '1999-01-01']],
  }),
];

const BODIES: readonly Case[] = [
  body('no text', ''),
  body('text that is no JSON', '{'),
  body('a byte order mark', `\uFEFF${JSON.stringify(callOf(1))}`),
  body('a string', '"x"'),
  body('null', 'null'),
  body('a number', '1'),
  body('an empty object', '{}'),
  body('a message without version', '{"id":1,"method":"x"}'),
  body('a batch with a message that is none', `[${JSON.stringify(callOf(1))},{}]`),
  body('a batch within a batch', '[[]]'),
  body('an empty batch', '[]'),
  body('a batch of 101', JSON.stringify(Array.from({ length: 101 }, (_, id) => callOf(id)))),
  body('a batch of 101 that are no messages', JSON.stringify(Array.from({ length: 101 }, () => 1))),
  body('a second initialize', JSON.stringify(INITIALIZE)),
  body('a second initialize in a batch', JSON.stringify([INITIALIZE, callOf(2)])),
  within('a second initialize without session id', {
    body: JSON.stringify(INITIALIZE),
    without: ['mcp-session-id'],
  }),
  fresh('a first initialize in a batch', () => STATEFUL, { body: JSON.stringify([INITIALIZE, newsOf()]) }),
  fresh('an initialize of an unknown version in its header', () => STATEFUL, {
    body: JSON.stringify(INITIALIZE),
    headers: [['mcp-protocol-version', '1999-01-01']],
  }),
  ...[
    {},
    { ...INITIALIZE.params, protocolVersion: 1 },
    { ...INITIALIZE.params, capabilities: undefined },
    { ...INITIALIZE.params, capabilities: [] },
    { ...INITIALIZE.params, clientInfo: {} },
    { ...INITIALIZE.params, clientInfo: { name: 'x' } },
    { ...INITIALIZE.params, clientInfo: { name: 1, version: '1' } },
    { ...INITIALIZE.params, clientInfo: 'x' },
  ].map((params) =>
    fresh(`an initialize with ${JSON.stringify(params)}`, () => STATEFUL, {
      body: JSON.stringify({ ...INITIALIZE, params }),
    }),
  ),
  fresh('an initialize without an id', () => STATEFUL, { body: JSON.stringify({ ...INITIALIZE, id: undefined }) }),
  fresh('a body that says it is too large', () => ({ ...STATEFUL, maxRequestBodySize: 10 }), {}),
  fresh('a body that is too large', () => ({ ...STATEFUL, maxRequestBodySize: 10 }), {
    without: ['content-length'],
    headers: [['transfer-encoding', 'chunked']],
  }),
  fresh('a body of the largest size', () => ({ ...STATEFUL, maxRequestBodySize: 2 }), { body: '{}' }),
];

const ADDRESSES: readonly Case[] = [
  ...['a b', 'x/y', 'user@x', '', 'x:99999', '[::1]', 'LOCALHOST:80', 'b\u00fccher.example', 'x?y', 'x#y'].map((host) =>
    fresh(`the host ${JSON.stringify(host)}`, () => STATELESS, { headers: [['host', host]] }),
  ),
  ...[
    'http://example.com/a?b',
    'http://',
    'https://[',
    '//example.com/a',
    '*',
    '/a/../b//c',
    '/a\\b',
    '/a?b\\c',
    '/%zz#x',
  ].map((path) => fresh(`the target ${path}`, () => STATELESS, { path })),
  fresh('a wrong address after close', () => STATEFUL, { path: '*', method: 'PUT' }),
];

/** Each is checked in its turn. */
const ORDER: readonly Case[] = [
  ['a method before the session', { method: 'PUT', without: ['mcp-session-id'] }],
  ['an accept header before the content type', { headers: [['accept', 'x/y']], without: ['content-type'] }],
  ['the body before the session', { body: '{', without: ['mcp-session-id'] }],
  ['the session before the version', { headers: [['mcp-protocol-version', 'x']], without: ['mcp-session-id'] }],
].map(([title, asking]) => within(title as string, asking as Asking));

const ARGUMENTS: readonly Case[] = [null, 'x', [], { jsonrpc: '1.0' }].map((parsedBody) => ({
  title: `the parsed body ${JSON.stringify(parsedBody)}`,
  options: () => ({ ...STATELESS, parsedBody }),
  run: (party: Party) => party.ask({ body: '{' }),
}));

export const REFUSALS: readonly Case[] = [
  ...SITES,
  ...METHODS,
  ...ADDRESSES,
  ...HEADERS,
  ...BODIES,
  ...ORDER,
  ...ARGUMENTS,
];
