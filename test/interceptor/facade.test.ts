/** The façade is a drop-in: nothing that looks at the transport can tell. */
import { describe, expect, test, vi } from 'vitest';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { asUpstream, withBackchannel, type TransportLike } from '../../src/index.js';
import { NullHttpTransport, NullTransport } from '../support/null-transport.js';
import { elicit, request } from '../support/messages.js';

/** What transports are made of: private fields, accessors, statics, methods of every sort. */
class Elaborate extends NullTransport {
  static readonly kind = 'elaborate';
  #sessionId: string | undefined = 'secret';
  readonly plain = 7;
  readonly ownArrow = (): string | undefined => this.#sessionId;

  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  set sessionId(value: string | undefined) {
    this.#sessionId = value;
  }

  readPrivate(): string | undefined {
    return this.#sessionId;
  }

  itself(): this {
    return this;
  }

  get callback(): () => string {
    return () => 'from an accessor';
  }
}

describe('what a wrapped transport is', () => {
  test('is an instance of its class, and names its class', () => {
    const transport = withBackchannel(new StreamableHTTPServerTransport({}));
    expect(transport).toBeInstanceOf(StreamableHTTPServerTransport);
    expect(transport.constructor).toBe(StreamableHTTPServerTransport);
    expect(Object.getPrototypeOf(transport)).toBe(StreamableHTTPServerTransport.prototype);
    expect((withBackchannel(new Elaborate()).constructor as typeof Elaborate).kind).toBe('elaborate');
  });

  test("has what its class has to 'in', no more and no less", () => {
    const stdio = asUpstream(new StdioClientTransport({ command: 'node' }));
    expect('stderr' in stdio && 'pid' in stdio).toBe(true);
    expect('handleRequest' in stdio).toBe(false);
    expect('handleRequest' in withBackchannel(new NullHttpTransport())).toBe(true);
    const plain = withBackchannel(new NullTransport());
    expect(['handleRequest', 'stderr', 'sessionId'].filter((name) => name in plain)).toEqual([]);
    expect(['backchannel', 'onmessage', 'onclose', 'start'].every((name) => name in plain)).toBe(true);
    expect('backchannel' in stdio).toBe(false);
  });

  test('has the own keys of the inner transport', () => {
    const inner = new Elaborate();
    expect(Reflect.ownKeys(withBackchannel(inner))).toEqual(Reflect.ownKeys(inner));
  });
});

describe('what a wrapped transport gives', () => {
  test('reads getters with private fields, live', () => {
    const inner = new Elaborate();
    const transport = withBackchannel(inner);
    expect(transport.sessionId).toBe('secret');
    inner.sessionId = 'changed';
    expect(transport.sessionId).toBe('changed');
    expect(transport.plain).toBe(7);
  });

  test('writes setters with private fields', () => {
    const inner = new Elaborate();
    withBackchannel(inner).sessionId = 'set';
    expect(inner.readPrivate()).toBe('set');
  });

  test('gives the same method each time it is asked', () => {
    const transport = withBackchannel(new Elaborate());
    const names = ['send', 'start', 'close', 'readPrivate', 'ownArrow', 'constructor'] as const;
    for (const name of names) expect(Reflect.get(transport, name)).toBe(Reflect.get(transport, name));
  });

  test('runs its methods on the inner transport, bound to the façade or to nothing', () => {
    const transport = withBackchannel(new Elaborate());
    expect(transport.readPrivate()).toBe('secret');
    expect(transport.ownArrow()).toBe('secret');
    const { ownArrow } = transport;
    expect(ownArrow()).toBe('secret');
    expect(transport.callback()).toBe('from an accessor');
  });

  test('lets a method be borrowed by another object, as it could be without the wrapper', () => {
    const transport = withBackchannel(new Elaborate());
    const other = new Elaborate();
    other.sessionId = 'other';
    // eslint-disable-next-line @typescript-eslint/unbound-method -- that is what is tested
    const { readPrivate } = transport;
    expect(readPrivate.call(other)).toBe('other');
  });

  test('gives itself where a method gives the inner transport', () => {
    const transport = withBackchannel(new Elaborate());
    expect(transport.itself()).toBe(transport);
  });

  test('shows a method that was put on the inner transport later', () => {
    const inner: Elaborate & { later?: () => string } = new Elaborate();
    const transport = withBackchannel(inner);
    inner.later = (): string => 'here';
    expect(transport.later?.()).toBe('here');
    inner.later = () => 'replaced';
    expect(transport.later?.()).toBe('replaced');
  });
});

describe('a transport that is an object literal', () => {
  test('has methods whose `this.onmessage` reaches the wrapper', () => {
    const seen: unknown[] = [];
    const transport = withBackchannel({
      onmessage: undefined as ((message: unknown) => void) | undefined,
      start: async () => Promise.resolve(),
      send: async () => Promise.resolve(),
      close: async () => Promise.resolve(),
      emit(message: unknown) {
        this.onmessage?.(message);
      },
    } satisfies TransportLike & { emit(message: unknown): void });
    transport.onmessage = (message) => seen.push(message);
    transport.emit(request(1));
    expect(seen).toEqual([request(1)]);
    expect(transport.backchannel.snapshot().inFlight).toEqual([{ session: undefined, id: 1, method: 'tools/call' }]);
  });

  test('may give methods by accessors and define them as it likes', async () => {
    const sent: unknown[] = [];
    const inner = Object.create(null, {
      start: { value: async () => Promise.resolve(), configurable: true },
      send: { get: () => async (message: unknown) => Promise.resolve(void sent.push(message)), configurable: true },
      close: { value: async () => Promise.resolve(), writable: true },
      extra: { value: () => 'extra' },
    }) as TransportLike & { extra(): string };
    const transport = withBackchannel(inner);
    await transport.start();
    await transport.send(request(1));
    await transport.close();
    expect(sent).toEqual([request(1)]);
    expect(transport.extra()).toBe('extra');
  });
});

describe('vi.spyOn', () => {
  test('sees calls of an intercepted and of an inner method, and restores them', async () => {
    const inner = new Elaborate();
    const transport = withBackchannel(inner);
    const before: unknown = Reflect.get(transport, 'send');

    const send = vi.spyOn(transport, 'send');
    await transport.send(request(1));
    expect(send).toHaveBeenCalledOnce();
    send.mockRestore();
    expect(Reflect.get(transport, 'send')).toBe(before);

    const readPrivate = vi.spyOn(transport, 'readPrivate');
    expect(transport.readPrivate()).toBe('secret');
    expect(readPrivate).toHaveBeenCalledOnce();
    readPrivate.mockRestore();
    expect(transport.readPrivate()).toBe('secret');

    await transport.send(request(2));
    expect(inner.sent.map(({ message }) => message.id)).toEqual([1, 2]);
  });

  test('on the send of an object literal does not go past the wrapper', async () => {
    const relatedIds: unknown[] = [];
    const transport = withBackchannel({
      start: async () => Promise.resolve(),
      send: async (_message: unknown, options?: { relatedRequestId?: unknown }) =>
        Promise.resolve(void relatedIds.push(options?.relatedRequestId)),
      close: async () => Promise.resolve(),
      onmessage: undefined as ((message: unknown) => void) | undefined,
      emit(message: unknown) {
        this.onmessage?.(message);
      },
    });
    transport.onmessage = () => undefined;
    transport.emit(request(1));
    const spy = vi.spyOn(transport, 'send');
    await transport.send(elicit(9));
    expect(spy).toHaveBeenCalledOnce();
    spy.mockRestore();
    await transport.send(elicit(10));
    expect(relatedIds).toEqual([1, 1]);
  });

  test('on a callback sees each message once', () => {
    const inner = new NullTransport();
    const transport = withBackchannel(inner) as NullTransport & { onmessage: (message: unknown) => void };
    const seen: unknown[] = [];
    transport.onmessage = (message) => seen.push(message);
    const spy = vi.spyOn(transport, 'onmessage');
    inner.deliver(request(1));
    expect(spy).toHaveBeenCalledOnce();
    expect(seen).toEqual([request(1)]);
    spy.mockRestore();
    inner.deliver(request(2));
    expect(seen).toHaveLength(2);
  });
});
