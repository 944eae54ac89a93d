import { describe, expect, it } from 'vitest';
import { acknowledgement, changeFor, listenFilterIn, listenResult } from '../../src/modern/listening.js';
import { callOf, SERVER } from './requests.js';

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';
const ALL = { listChanged: true };
const CAPABILITIES = { tools: ALL, prompts: ALL, resources: { ...ALL, subscribe: true } };
const LISTS = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true } as const;

function filterFor(notifications: unknown, capabilities: Readonly<Record<string, unknown>> = CAPABILITIES): unknown {
  return listenFilterIn(callOf('subscriptions/listen', { notifications }), capabilities);
}

describe('a client listens', () => {
  it('to all that it names', () => {
    const uris = ['file:///a', 'file:///b'];
    expect(filterFor({ ...LISTS, resourceSubscriptions: uris })).toEqual({ ...LISTS, resourceSubscriptions: uris });
  });

  it('to nothing that it does not name', () => {
    expect(filterFor({})).toEqual({});
    expect(filterFor({ toolsListChanged: false, resourceSubscriptions: [] })).toEqual({});
  });

  it('once to each resource', () => {
    expect(filterFor({ resourceSubscriptions: ['a:', 'a:'] })).toEqual({ resourceSubscriptions: ['a:'] });
  });

  it.each([
    ['tools', { promptsListChanged: true, resourcesListChanged: true, resourceSubscriptions: ['a:'] }],
    ['prompts', { toolsListChanged: true, resourcesListChanged: true, resourceSubscriptions: ['a:'] }],
    ['resources', { toolsListChanged: true, promptsListChanged: true }],
  ])('not to changes of %s that the backend does not tell', (name, left) => {
    const asked = { ...LISTS, resourceSubscriptions: ['a:'] };
    expect(filterFor(asked, { ...CAPABILITIES, [name]: {} })).toEqual(left);
    expect(filterFor(asked, { ...CAPABILITIES, [name]: undefined })).toEqual(left);
  });

  it('to a thousand resources at most, since each is a request to the backend', () => {
    const uris = Array.from({ length: 1_001 }, (_, index) => `a:${index}`);
    expect(filterFor({ resourceSubscriptions: uris })).toMatchObject({ kind: 'refusal', error: { code: -32_602 } });
    expect(filterFor({ resourceSubscriptions: uris.slice(1) })).not.toHaveProperty('kind');
  });

  it.each([[undefined], [null], [[]], ['all'], [{ toolsListChanged: 'yes' }], [{ resourceSubscriptions: [5] }]])(
    'not with %j',
    (notifications) => {
      expect(filterFor(notifications)).toMatchObject({ kind: 'refusal', status: 200, id: 1, error: { code: -32_602 } });
    },
  );
});

it('a client is told first what it listens to', () => {
  expect(acknowledgement(0, { toolsListChanged: true })).toEqual({
    jsonrpc: '2.0',
    method: 'notifications/subscriptions/acknowledged',
    params: { notifications: { toolsListChanged: true }, _meta: { [SUBSCRIPTION]: 0 } },
  });
});

it('a client is told last that the server ends the subscription', () => {
  const info = { name: 'backend', version: '1' };
  expect(listenResult('s', info)).toEqual({ resultType: 'complete', _meta: { [SUBSCRIPTION]: 's', [SERVER]: info } });
  expect(listenResult('s', undefined)).toEqual({ resultType: 'complete', _meta: { [SUBSCRIPTION]: 's' } });
});

describe('a change', () => {
  const updated = (uri?: unknown) => ({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri } });

  it('names the subscription, and keeps the rest', () => {
    const change = { jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: { _meta: { a: 1 } } };
    expect(changeFor(change, 's', { toolsListChanged: true })).toEqual({
      ...change,
      params: { _meta: { a: 1, [SUBSCRIPTION]: 's' } },
    });
    const bare = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };
    expect(changeFor(bare, 7, { toolsListChanged: true })).toEqual({
      ...bare,
      params: { _meta: { [SUBSCRIPTION]: 7 } },
    });
    expect(change.params).toEqual({ _meta: { a: 1 } });
  });

  it.each([
    ['tools', 'toolsListChanged'],
    ['prompts', 'promptsListChanged'],
    ['resources', 'resourcesListChanged'],
  ] as const)('of the list of %s is told to those who listen to it', (name, member) => {
    const change = { jsonrpc: '2.0', method: `notifications/${name}/list_changed` };
    const { [member]: _own, ...others } = { ...LISTS, resourceSubscriptions: ['a:'] };
    expect(changeFor(change, 1, { [member]: true })).toBeDefined();
    expect(changeFor(change, 1, others)).toBeUndefined();
  });

  it.each([
    ['file:///a', 'file:///a'],
    ['file:///a', 'file:///a/b'],
    ['file:///a/', 'file:///a/b'],
  ])('of a resource is told to those who listen to %s: %s', (uri, changed) => {
    expect(changeFor(updated(changed), 1, { resourceSubscriptions: ['x:', uri] })).toBeDefined();
  });

  it.each([
    ['file:///a', 'file:///ab'],
    ['file:///a/b', 'file:///a'],
    ['file:///a', 'file:///A'],
    ['file:///a', undefined],
    ['file:///a', 5],
  ])('of a resource is not told to those who listen to %s: %s', (uri, changed) => {
    expect(changeFor(updated(changed), 1, { resourceSubscriptions: [uri], ...LISTS })).toBeUndefined();
  });

  it('of another kind is told to nobody', () => {
    const change = { jsonrpc: '2.0', method: 'notifications/roots/list_changed', params: { uri: 'a:' } };
    expect(changeFor(change, 1, { ...LISTS, resourceSubscriptions: ['a:'] })).toBeUndefined();
    expect(changeFor(updated('a:'), 1, {})).toBeUndefined();
  });
});
