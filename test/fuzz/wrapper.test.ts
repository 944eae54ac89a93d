/** Whatever a transport delivers and a server sends: it goes on as it is, or is refused with a code. */
import fc from 'fast-check';
import type { Observable } from 'rxjs';
import { expect, test } from 'vitest';
import { BackchannelError, type BackchannelOptions } from '../../src/index.js';
import type { JsonRpcMessage } from '../../src/routing/message.js';
import type { SendOptions } from '../../src/transport-like.js';
import { collectGarbage } from '../support/gc.js';
import { NullHttpTransport, NullTransport } from '../support/null-transport.js';
import { rigOf, type Rig } from '../support/rig.js';
import { anyMessage, anyValue, make, makeMessage } from './hostile.js';
import { fuzz } from './runs.js';

/** What is subscribed to, or called back. */
const PLACES = ['onmessage', 'onerror', 'routes$', 'inbound$', 'outbound$'] as const;
type Place = (typeof PLACES)[number];

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('in' as const), message: anyMessage, extra: anyValue }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('out' as const), message: anyMessage, related: anyValue }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('throw' as const), place: fc.constantFrom(...PLACES), what: anyValue }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'close' as const }) },
  ),
  { maxLength: 20 },
);

const settings = fc.record({
  http: fc.boolean(),
  options: fc.constantFrom<BackchannelOptions>(
    {},
    { ambiguous: 'reject' },
    { attribution: 'last-inbound' },
    { responseMode: 'json' },
    { parkTimeoutMs: 0 },
    { sessionOf: (_message, extra) => (typeof extra === 'string' ? extra : undefined) },
    { sessionOf: () => '__proto__' },
  ),
});

/** Delivers a message. It must arrive, and nothing may be thrown at the transport. */
function comesIn({ inner, received }: Rig<NullTransport>, message: unknown, extra: unknown): void {
  inner.deliver(message, extra);
  const last = received.at(-1);
  if (last === undefined || !Object.is(last.message, message) || !Object.is(last.extra, extra))
    throw new Error('it did not arrive as it came');
}

/** Sends a message. It is given to the transport, or there is an error with a code: at its sender or reported. */
async function goesOut({ inner, transport, errors }: Rig<NullTransport>, message: unknown, options: SendOptions) {
  const before = { sent: inner.sent.length, errors: errors.length };
  const result = transport.send(message as JsonRpcMessage, options);
  if (!(result instanceof Promise)) throw new Error('send() gave no promise');
  const refusal: unknown = await result.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (refusal !== undefined) {
    if (!(refusal instanceof BackchannelError)) throw new Error('refused without a code');
    return;
  }
  const written = inner.sent.slice(before.sent);
  if (written.length > 1) throw new Error('it left twice');
  const [sent] = written;
  if (sent !== undefined) {
    if (Object.is(sent.message, message)) return;
    const inPlace = sent.message as { readonly error?: { readonly data?: { readonly code?: unknown } } };
    const isReported = errors.slice(before.errors).some(({ code }) => code === 'UNWRITABLE_MESSAGE');
    if (inPlace.error?.data?.code !== 'UNWRITABLE_MESSAGE' || !isReported)
      throw new Error('it did not leave as it was sent');
    return;
  }
  // That a subscriber threw says nothing of the message.
  const told = errors.slice(before.errors).filter(({ code }) => code !== 'CALLBACK_FAILED');
  if (!told.some((error) => error instanceof BackchannelError)) throw new Error('it was lost');
}

/** From now on this callback, or one more subscriber, throws what it is given to throw. */
function throwsFromNow({ transport, received, errors }: Rig<NullTransport>, place: Place, fail: () => never): void {
  if (place === 'onmessage') {
    transport.onmessage = (message, extra) => {
      received.push({ message, extra });
      fail();
    };
  } else if (place === 'onerror') {
    transport.onerror = (error) => {
      errors.push(error);
      fail();
    };
  } else (transport.backchannel[place] as Observable<unknown>).subscribe(fail);
}

test('whatever comes in arrives, and whatever is sent leaves or is refused with a code', async () => {
  await fuzz(400, fc.tuple(settings, steps), async ([{ http, options }, list]) => {
    const rig = rigOf<NullTransport>(http ? new NullHttpTransport() : new NullTransport(), options);
    for (const step of list) {
      switch (step.kind) {
        case 'in':
          comesIn(rig, makeMessage(step.message), make(step.extra));
          break;
        case 'out':
          await goesOut(rig, makeMessage(step.message), { relatedRequestId: make(step.related) } as SendOptions);
          break;
        case 'throw':
          throwsFromNow(rig, step.place, () => {
            throw make(step.what) as Error;
          });
          break;
        case 'close':
          await rig.transport.close();
      }
    }
    await rig.transport.close();
    expect(rig.transport.backchannel.snapshot()).toEqual({ inFlight: [], openExchanges: 0, parked: 0 });
  });
});

test('whatever callbacks, hooks, subscribers and writes throw: nobody hangs, and nothing is thrown on', async () => {
  const places = [...PLACES, 'sessionOf', 'scopeOf', 'write'] as const;
  await fuzz(200, fc.tuple(fc.constantFrom(...places), anyValue, fc.boolean()), async ([place, what, http]) => {
    const fail = (): never => {
      throw make(what) as Error;
    };
    const inner = http ? new NullHttpTransport() : new NullTransport();
    const hooks = {
      ...(place === 'sessionOf' && { sessionOf: fail }),
      ...(place === 'scopeOf' && { scopeOf: fail }),
    };
    const rig = rigOf<NullTransport>(inner, hooks);
    const { transport } = rig;
    if (place === 'onmessage' || place === 'onerror') transport[place] = fail;
    if (place === 'onerror') transport.onmessage = fail;
    if (place === 'routes$' || place === 'inbound$' || place === 'outbound$') {
      (transport.backchannel[place] as Observable<unknown>).subscribe(fail);
    }
    if (place === 'write') inner.write = async () => Promise.resolve().then(fail);
    inner.deliver({ jsonrpc: '2.0', id: 1, method: 'tools/call' });
    const outcomes = await Promise.allSettled([
      transport.send({ jsonrpc: '2.0', id: 1, method: 'elicitation/create' }, { relatedRequestId: 1 }),
      transport.send({ jsonrpc: '2.0', id: 1, result: {} }),
    ]);
    // What fails is the write, and nothing else makes one fail; a request whose handler threw is answered by then.
    for (const outcome of outcomes) {
      const isRefused = outcome.status === 'rejected' && outcome.reason instanceof BackchannelError;
      if (!isRefused) expect(outcome.status).toBe(place === 'write' ? 'rejected' : 'fulfilled');
    }
    await transport.close();
  });
});

test('hostile messages leave nothing in memory', async () => {
  const kept: WeakRef<object>[] = [];
  const rig = rigOf<NullTransport>(new NullHttpTransport());
  const tried = await fuzz(200, fc.tuple(anyMessage, anyMessage), async ([one, other]) => {
    for (const message of [makeMessage(one), makeMessage(other)]) {
      if (typeof message === 'object' && message !== null) kept.push(new WeakRef(message));
      rig.inner.deliver(message);
      await rig.transport.send(message as JsonRpcMessage).catch(() => undefined);
    }
    // What the test itself has noted.
    rig.received.length = rig.inner.sent.length = rig.errors.length = rig.routes.length = 0;
  });
  await rig.transport.close();
  await collectGarbage();
  expect(kept.length).toBeGreaterThan(tried / 2);
  expect(kept.filter((reference) => reference.deref() !== undefined).length).toBeLessThan(5);
});
