/** Which values are messages is decided without the SDK's schemas, and must be decided the same. */
import { JSONRPCMessageSchema, isInitializeRequest, isJSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInitialize, isMessage } from '../../src/http/messages.js';
import { isRequest, type JsonRpcMessage } from '../../src/routing/message.js';

/** None above 2^53: the SDK refuses such ids, and here they are relayed. */
const NUMBERS = [0, -0, 1, -1, 1.5, 2 ** 53 - 1, Number.MIN_VALUE];
const scalar = fc.constantFrom<unknown>(...NUMBERS, '', 'x', '2.0', true, false, [], {}, null, undefined);

/** An object with some of these members, each of which is mostly right. */
function record(members: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<object> {
  const mostly = Object.entries(members).map(([name, value]) => [
    name,
    fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: scalar }),
  ]);
  return fc.record(Object.fromEntries(mostly) as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: [] });
}

const id = fc.oneof(fc.constantFrom<unknown>(1, 'a', ''), scalar);
const task = record({ taskId: fc.constant('t'), more: scalar });
const meta = record({ progressToken: id, 'io.modelcontextprotocol/related-task': task, other: scalar });
const payload = record({ _meta: meta, name: scalar });
const failure = record({
  code: fc.constantFrom(-1, 0, 1.5, 2 ** 53, 1e300),
  message: fc.constant('no'),
  data: scalar,
  more: scalar,
});
const version = fc.constant('2.0');

const message = fc
  .oneof(
    record({ jsonrpc: version, id, method: fc.constant('x'), params: payload }),
    record({ jsonrpc: version, id, result: payload }),
    record({ jsonrpc: version, id, error: failure }),
    record({
      jsonrpc: version,
      id,
      method: fc.constant('x'),
      params: payload,
      result: payload,
      error: failure,
      x: scalar,
    }),
    scalar,
  )
  // A client posts JSON. There is no `undefined` in it.
  .map((value) => JSON.parse(JSON.stringify(value ?? null)) as unknown);

const info = record({ name: fc.constant('x'), version: fc.constant('1') });
const initialize = record({
  jsonrpc: version,
  id: fc.constant(1),
  method: fc.constant('initialize'),
  params: record({
    protocolVersion: fc.constant('2025-11-25'),
    capabilities: fc.constantFrom({}, { sampling: {} }),
    clientInfo: info,
  }),
});

describe('the same values are messages as for the SDK', () => {
  it('all kinds of them', () => {
    const holds = fc.property(message, (value) => {
      const isOne = JSONRPCMessageSchema.safeParse(value).success;
      expect(isMessage(value)).toBe(isOne);
      if (isOne) expect(isRequest(value as JsonRpcMessage)).toBe(isJSONRPCRequest(value));
    });
    fc.assert(holds, { numRuns: 5_000 });
  });

  it('the one that begins a session', () => {
    const holds = fc.property(initialize, (value) => {
      fc.pre(JSONRPCMessageSchema.safeParse(value).success);
      expect(isInitialize(value as JsonRpcMessage)).toBe(isInitializeRequest(value));
    });
    fc.assert(holds, { numRuns: 2_000 });
  });
});
