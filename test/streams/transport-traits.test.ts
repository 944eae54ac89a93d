/** What transports of different versions do differently. `npm run matrix` runs the wrapper on the versions themselves. */
import { setImmediate } from 'node:timers/promises';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { WebStandardStreamableHTTPServerTransport as WebStandardTransportOf2 } from '@modelcontextprotocol/server';
import { describe, expect, test } from 'vitest';
import { answersInJson, resumesWhenHandled, storesWhileAway } from '../../src/streams/transport-traits.js';
import { deferred, type Deferred } from '../support/deferred.js';
import {
  isStandalone,
  JSON_TYPE,
  opens,
  SSE,
  type FakeResponse,
  type WatchRig,
  watchRig,
} from '../support/http-fakes.js';

test.each([new StreamableHTTPServerTransport(), new NodeStreamableHTTPServerTransport()])(
  'the newest SDK knows a stream before its head is written, and stores what is sent while the client is away',
  (transport) => {
    expect(resumesWhenHandled(transport)).toBe(false);
    expect(storesWhileAway(transport)).toBe(true);
  },
);

test.each([
  StreamableHTTPServerTransport,
  WebStandardStreamableHTTPServerTransport,
  NodeStreamableHTTPServerTransport,
  WebStandardTransportOf2,
])('a transport in JSON mode is known by what it was told', (Transport) => {
  expect(answersInJson(new Transport({ enableJsonResponse: true }))).toBe(true);
  expect(answersInJson(new Transport({ enableJsonResponse: false }))).toBe(false);
  expect(answersInJson(new Transport())).toBe(false);
});

describe('a GET with which a stream is resumed, of a transport that knows it late,', () => {
  /** The client has lost its standalone stream after the event `a`, and resumes it; the transport takes its time. */
  async function resuming(): Promise<{ rig: WatchRig; response: FakeResponse; handled: Deferred }> {
    const rig = watchRig({ resumesWhenHandled: true });
    const first = rig.node('GET', { respond: opens(200, SSE) });
    await setImmediate();
    first.response.write('id: a\ndata: {}\n\n');
    first.response.disconnect();
    const handled = deferred();
    const { response } = rig.node('GET', { lastEventId: 'a', respond: opens(200, SSE), returns: handled.promise });
    await setImmediate();
    return { rig, response, handled };
  }

  test('is open when it has been handled', async () => {
    const { rig, response, handled } = await resuming();
    expect(isStandalone(rig)).toBe(false);
    response.write('id: b\ndata: {}\n\n');
    handled.resolve();
    await setImmediate();
    expect(isStandalone(rig)).toBe(true);
    response.disconnect();
    rig.node('GET', { lastEventId: 'b', respond: opens(200, SSE) });
    await setImmediate();
    expect(isStandalone(rig)).toBe(true);
  });

  test('opens no stream when its client has gone meanwhile', async () => {
    const { rig, response, handled } = await resuming();
    response.disconnect();
    handled.resolve();
    await setImmediate();
    expect(isStandalone(rig)).toBe(false);
  });

  test('opens no stream when it is refused, or fails', async () => {
    const { rig, response } = await resuming();
    response.disconnect();
    rig.node('GET', { lastEventId: 'a', respond: opens(409, JSON_TYPE) });
    const failed = Promise.reject(new Error('no'));
    const { returned } = rig.node('GET', { lastEventId: 'a', respond: opens(200, SSE), returns: failed });
    await expect(returned).rejects.toThrow('no');
    await setImmediate();
    expect(isStandalone(rig)).toBe(false);
  });
});
