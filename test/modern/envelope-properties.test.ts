/** Whatever a client posts, it is read without an exception, and a refusal names the request. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isModern, readEnvelope } from '../../src/modern/envelope.js';
import { CAPABILITIES, INFO, LEVEL, VERSION } from './requests.js';

const anything = fc.jsonValue({ maxDepth: 2 });
const METHODS = ['tools/call', 'prompts/get', 'resources/read', 'tools/list', 'initialize', 'ping', 'tasks/get', 'x'];

/** Mostly right, so that the later rules are reached, too. */
function often<T>(right: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  return fc.oneof({ arbitrary: right, weight: 8 }, { arbitrary: anything, weight: 1 });
}

const version = fc.constantFrom('2026-07-28', '2026-07-28', '2026-07-28', '2025-11-25', '2027-01-01', '');
const capabilities = fc.dictionary(fc.constantFrom('elicitation', 'sampling', 'roots', '__proto__'), anything);
const meta = fc.record(
  {
    [VERSION]: often(version),
    [CAPABILITIES]: often(capabilities),
    [INFO]: often(fc.constant({ name: 'a', version: '1' })),
    [LEVEL]: often(fc.constantFrom('debug', 'emergency')),
    progressToken: often(fc.oneof(fc.string(), fc.integer())),
  },
  { requiredKeys: [VERSION, CAPABILITIES] },
);
const name = fc.constantFrom('a', '', '=?base64?YQ==?=', '=?base64?$?=', 'ä');
const params = fc.record(
  {
    _meta: often(meta),
    name: often(name),
    uri: often(name),
    inputResponses: often(fc.constant({})),
    requestState: often(fc.string()),
  },
  { requiredKeys: ['_meta'] },
);
const request = fc.record(
  {
    jsonrpc: often(fc.constant('2.0')),
    id: often(fc.oneof(fc.string(), fc.integer(), fc.double())),
    method: often(fc.constantFrom(...METHODS)),
    params: often(params),
  },
  { requiredKeys: ['jsonrpc', 'method'] },
);
const message: fc.Arbitrary<unknown> = fc.oneof({ arbitrary: request, weight: 9 }, { arbitrary: anything, weight: 1 });
const headers = fc
  .record({ version: fc.option(version), method: fc.option(fc.constantFrom(...METHODS)), name: fc.option(name) })
  .map((values) => ({
    get: (header: string) =>
      ({ 'mcp-protocol-version': values.version, 'mcp-method': values.method, 'mcp-name': values.name })[header] ??
      null,
  }));

/** The headers that go with a message, so that it has a chance of being faultless. */
function ownHeaders(posted: unknown): { get(header: string): string | null } {
  const { method, params: own } = Object(posted) as { method?: unknown; params?: unknown };
  const { name: named, uri, _meta } = Object(own) as { name?: unknown; uri?: unknown; _meta?: unknown };
  const values: Record<string, unknown> = {
    'mcp-protocol-version': (Object(_meta) as Record<string, unknown>)[VERSION],
    'mcp-method': method,
    'mcp-name': method === 'resources/read' ? uri : named,
  };
  return { get: (header) => (typeof values[header] === 'string' ? values[header] : null) };
}

const posted = fc.oneof(
  message.map((each) => [each, ownHeaders(each)] as const),
  fc.tuple(message, headers),
);

it('never throws, and names in a refusal the request that has a valid id', () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(posted, ([each, with_]) => {
      isModern(each, with_);
      const read = readEnvelope(each, with_);
      kinds.add(read.kind === 'refusal' ? String(read.error.code) : read.kind);
      const { id, method } = Object(each) as { id?: unknown; method?: unknown };
      const isNamed = typeof method === 'string' && (typeof id === 'string' || Number.isInteger(id));
      if (read.kind === 'refusal') {
        expect(read.id).toBe(isNamed && !Array.isArray(each) ? id : null);
        expect(read.status).toBe(read.error.code === -32_601 ? 404 : read.status === 200 ? 200 : 400);
        expect(read.error.message).not.toBe('');
      } else if (read.kind === 'call') {
        expect([read.id, read.method]).toEqual([id, method]);
      } else {
        expect(id).toBeUndefined();
      }
    }),
    { numRuns: 3000 },
  );
  // Otherwise the property says nothing.
  expect([...kinds].sort()).toEqual(['-32020', '-32022', '-32600', '-32601', '-32602', 'call', 'notification']);
});

it('reads nothing but faultless requests as calls', () => {
  fc.assert(
    fc.property(posted, ([each, with_]) => {
      const read = readEnvelope(each, with_);
      if (read.kind !== 'call') return;
      expect(read.params).toMatchObject({ _meta: { [VERSION]: '2026-07-28', [CAPABILITIES]: read.capabilities } });
      expect(with_.get('mcp-protocol-version')).toBe('2026-07-28');
      expect(with_.get('mcp-method')).toBe(read.method);
      expect(['initialize', 'ping', 'tasks/get']).not.toContain(read.method);
    }),
    { numRuns: 2000 },
  );
});
