/** What `asUpstream()` makes of a stamp. */
import { asUpstream, withBackchannel, type RouteEvent } from 'mcp-backchannel';
import { afterEach, describe, expect, it } from 'vitest';
import { SentRequests } from '../../src/interceptor/sent-requests.js';
import type { JsonRpcMessage } from '../../src/routing/message.js';
import { STAMP_KEY } from '../../src/routing/stamp.js';
import type { MessageHandler } from '../../src/transport-like.js';
import { answer, elicit, notification, request } from '../support/messages.js';
import { newLedger } from '../support/verdict.js';

class Pipe {
  onmessage: MessageHandler | undefined;
  readonly sent: JsonRpcMessage[] = [];
  start = (): Promise<void> => Promise.resolve();
  close = (): Promise<void> => Promise.resolve();
  send = (message: JsonRpcMessage): Promise<void> => {
    this.sent.push(message);
    return Promise.resolve();
  };
}

/** A proxy that relays everything as it is, except what `relay` does with a message of the backend. */
function proxied(relay?: (message: JsonRpcMessage, send: (message: JsonRpcMessage) => void) => void) {
  const [client, backend] = [new Pipe(), new Pipe()];
  const [downstream, upstream] = [withBackchannel(client), asUpstream(backend)];
  const routes: RouteEvent[] = [];
  downstream.backchannel.routes$.subscribe((event) => routes.push(event));
  downstream.onmessage = (message: JsonRpcMessage) => void upstream.send(message);
  const sends: Promise<void>[] = [];
  const send = (message: JsonRpcMessage): void => void sends.push(downstream.send(message));
  upstream.onmessage = (message: JsonRpcMessage) => {
    if (relay === undefined) send(message);
    else relay(message, send);
  };
  /** For each message that left: the call, and why. */
  const evidence = async (): Promise<unknown[]> => {
    await Promise.all(sends);
    return routes.map(({ relatedRequestId, evidence: why }) => [relatedRequestId, why]);
  };
  return { client, backend, upstream, evidence };
}

const stamped = (message: JsonRpcMessage, id: unknown): JsonRpcMessage => ({
  ...message,
  params: { ...(message.params as object), _meta: { [STAMP_KEY]: id } },
});
const log = (data: string): JsonRpcMessage => notification('notifications/message', { level: 'info', data });

describe('a stamp', () => {
  it('names the call, whichever came last, in either order', async () => {
    const { client, backend, evidence } = proxied();
    for (const id of [1, 2]) client.onmessage?.(request(id));
    backend.onmessage?.(stamped(elicit('a', { message: 'x' }), 1));
    backend.onmessage?.(stamped(log('b'), 2));
    expect(await evidence()).toEqual([
      [1, 'provenance'],
      [2, 'provenance'],
    ]);
    expect(client.sent).toEqual([elicit('a', { message: 'x' }), log('b')]);
  });

  it('that names nothing in flight is taken off: the last call in is taken', async () => {
    const { client, backend, evidence } = proxied();
    for (const id of [1, 2, 3]) client.onmessage?.(request(id));
    backend.onmessage?.(answer(1));
    for (const id of [1, 'x', '2', 1.5, null, { id: 2 }, [2], '__proto__']) backend.onmessage?.(stamped(log('b'), id));
    expect(new Set((await evidence()).map((each) => JSON.stringify(each)))).toEqual(new Set(['[3,"last-inbound"]']));
    for (const sent of client.sent.slice(1)) expect(sent).toEqual(log('b'));
  });

  it('is taken off what is neither a request nor a notification, too', () => {
    const seen: JsonRpcMessage[] = [];
    const { backend } = proxied((message) => seen.push(message));
    backend.onmessage?.(stamped({ ...elicit(1, { message: 'x' }), id: null }, 1));
    expect(JSON.stringify(seen)).not.toContain(STAMP_KEY);
  });

  it('does not name a call for a request that the proxy sends by itself under the same id', async () => {
    const { client, backend, upstream, evidence } = proxied();
    for (const id of [1, 2]) client.onmessage?.(request(id));
    void upstream.send(request(1, 'ping'));
    backend.onmessage?.(stamped(log('b'), 1));
    expect(await evidence()).toEqual([[2, 'last-inbound']]);
  });

  describe('says whose one message is', () => {
    let stop: (() => void) | undefined;
    afterEach(() => stop?.());

    it('and not whose all are that a worker sends which was made on the way', async () => {
      const jobs: (() => void)[] = [];
      let wake: (() => void) | undefined;
      let worker: Promise<void> | undefined;
      let isOver = false;
      const work = async (): Promise<void> => {
        while (!isOver) {
          for (const job of jobs.splice(0)) job();
          await new Promise<void>((resolve) => (wake = resolve));
        }
      };
      stop = () => {
        isOver = true;
        wake?.();
      };
      const { client, backend, evidence } = proxied((message, send) => {
        jobs.push(() => {
          send(message);
        });
        worker ??= work();
        wake?.();
      });
      for (const id of [1, 2]) client.onmessage?.(request(id));
      backend.onmessage?.(stamped(log('a'), 1));
      backend.onmessage?.(stamped(log('b'), 2));
      await Promise.resolve();
      expect(await evidence()).toEqual([
        [1, 'provenance'],
        [1, 'context'],
      ]);
    });
  });
});

it('requests that are over are not kept, though nobody answers them', () => {
  const sent = new SentRequests();
  const ledger = newLedger();
  const kept = ledger.receive(request('kept')).entry;
  sent.sent('kept', kept);
  for (let id = 0; id < 5_000; id++) {
    const { entry } = ledger.receive(request(id));
    sent.sent(id, entry);
    ledger.cancel(id);
  }
  const known = Array.from({ length: 5_000 }, (_, id) => sent.origin(id)).filter((entry) => entry !== undefined);
  expect(known.length).toBeLessThanOrEqual(1_024);
  expect(sent.origin('kept')).toBe(kept);
});
