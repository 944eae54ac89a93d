import { JSONRPCMessageSchema, isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInitialize, isMessage, versionIn } from '../../src/http/messages.js';
import { isRequest } from '../../src/routing/message.js';

const absent = Symbol('absent');

const odd = fc.oneof(
  fc.constantFrom<unknown>(null, '', 'x', 0, -1, 1.5, 2, true, false, [], [1], {}, { a: 1 }, [{}], [null]),
  fc.constantFrom<unknown>(Number.MAX_SAFE_INTEGER, Infinity, -0),
);
const meta = fc.oneof(
  odd,
  fc.record(
    {
      progressToken: odd,
      'io.modelcontextprotocol/related-task': fc.oneof(
        odd,
        fc.record({ taskId: odd, more: odd }, { requiredKeys: [] }),
      ),
      other: odd,
    },
    { requiredKeys: [] },
  ),
);
const withMeta = fc.oneof(odd, fc.record({ _meta: meta, more: odd }, { requiredKeys: [] }));
const usual = (value: unknown, arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ arbitrary: fc.constant<unknown>(value), weight: 4 }, { arbitrary, weight: 1 });

/** Most members are right, so that each wrong one is seen alone too. */
const message = fc
  .record({
    jsonrpc: usual('2.0', fc.oneof(odd, fc.constant<unknown>(absent))),
    id: fc.oneof(fc.constantFrom<unknown>(absent, 1, 'x'), odd),
    method: fc.oneof(fc.constantFrom<unknown>(absent, absent, 'tools/call'), odd),
    params: fc.oneof(fc.constantFrom<unknown>(absent, absent), withMeta),
    result: fc.oneof(fc.constantFrom<unknown>(absent, absent, {}), withMeta),
    error: fc.oneof(
      fc.constantFrom<unknown>(absent, absent, { code: 1, message: 'no' }),
      fc.record({ code: usual(-1, odd), message: usual('no', odd), data: odd, more: odd }, { requiredKeys: [] }),
    ),
    extra: usual(absent, odd),
  })
  .map((members) => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== absent)));

describe('a value is a message if the SDK takes it for one', () => {
  const agrees = (value: unknown): void => {
    expect(isMessage(value)).toBe(JSONRPCMessageSchema.safeParse(value).success);
  };

  it('whatever it is', () => {
    fc.assert(fc.property(fc.oneof({ arbitrary: message, weight: 20 }, odd), agrees), { numRuns: 20_000 });
  });

  it('and a fair part of what is tried is one, of each kind', () => {
    const found = fc.sample(message, { numRuns: 5_000, seed: 1 }).filter(isMessage);
    for (const name of ['method', 'result', 'error'])
      expect(found.filter((one) => name in one).length).toBeGreaterThan(20);
  });

  it.each([
    { jsonrpc: '2.0', method: 'x', params: { _meta: { progressToken: 'p' } } },
    { jsonrpc: '2.0', id: 0, method: '' },
    { jsonrpc: '2.0', id: '', result: {} },
    { jsonrpc: '2.0', error: { code: 1, message: '', data: null } },
    { jsonrpc: '2.0', id: 1, result: {}, error: { code: 1, message: '' } },
    { jsonrpc: '2.0', error: { code: 2 ** 53, message: '' } },
    { jsonrpc: '2.0', id: null, error: { code: 1, message: '' } },
    { jsonrpc: '2.0', id: 1, method: 'x', result: {} },
  ])('%o', agrees);

  it('and also if an id or a token is larger than JavaScript counts: it is passed on as it was written', () => {
    const id = 2 ** 60;
    expect(isMessage({ jsonrpc: '2.0', id, method: 'x' })).toBe(true);
    expect(isMessage({ jsonrpc: '2.0', id, result: {} })).toBe(true);
    expect(isMessage({ jsonrpc: '2.0', id: 1, method: 'x', params: { _meta: { progressToken: id } } })).toBe(true);
  });

  it('of any prototype', () => {
    class Odd {
      readonly jsonrpc = '2.0';
      readonly method = 'x';
    }
    agrees(new Odd());
    agrees(Object.assign(Object.create(null), { jsonrpc: '2.0', method: 'x' }));
  });
});

it('a request has a method and an id', () => {
  expect(isRequest({ id: 0, method: '' })).toBe(true);
  expect(isRequest({ method: 'x' })).toBe(false);
  expect(isRequest({ id: 1, result: {} })).toBe(false);
});

describe('a message begins a session', () => {
  const RIGHT = { protocolVersion: '1', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
  const initialize = (params: unknown): object => ({ jsonrpc: '2.0', id: 1, method: 'initialize', params });

  it('if it is initialize, as the SDK sees it', () => {
    expect(isInitialize(initialize(RIGHT))).toBe(true);
    expect(versionIn(initialize(RIGHT))).toBe('1');
    for (const member of ['protocolVersion', 'capabilities', 'clientInfo']) {
      for (const value of [undefined, null, 1, []]) {
        const wrong = initialize({ ...RIGHT, [member]: value });
        expect(isInitialize(wrong)).toBe(false);
        expect(isInitializeRequest(wrong)).toBe(false);
      }
    }
    for (const params of [undefined, null, 'x', []]) expect(isInitialize(initialize(params))).toBe(false);
    expect(isInitialize({ ...initialize(RIGHT), method: 'tools/list' })).toBe(false);
  });
});
