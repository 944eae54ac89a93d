/** What somebody puts on a wrapped transport is there, and what they take away is gone. */
import { describe, expect, test, vi } from 'vitest';
import { asUpstream, withBackchannel } from '../../src/index.js';
import { NullTransport } from '../support/null-transport.js';
import { request } from '../support/messages.js';

describe('callbacks', () => {
  test.each(['onmessage', 'onclose', 'onerror'] as const)('%s reads back as it was set, also as undefined', (name) => {
    for (const transport of [withBackchannel(new NullTransport()), asUpstream(new NullTransport())]) {
      const callback = vi.fn();
      transport[name] = callback;
      expect(transport[name]).toBe(callback);
      transport[name] = undefined;
      expect(transport[name]).toBeUndefined();
    }
  });

  test.each(['onmessage', 'onclose', 'onerror'] as const)('%s set before wrapping stays set', (name) => {
    const inner = new NullTransport();
    const callback = vi.fn();
    inner[name] = callback;
    const transport = withBackchannel(inner);
    expect(transport[name]).toBe(callback);
    (inner[name] as (argument: unknown) => void)(name === 'onmessage' ? request(1) : new Error('x'));
    expect(callback).toHaveBeenCalledOnce();
  });

  test('of other names read back as they were set', () => {
    const transport = withBackchannel(new NullTransport()) as NullTransport & { onsession?: () => void };
    const callback = vi.fn();
    transport.onsession = callback;
    expect(transport.onsession).toBe(callback);
    delete transport.onsession;
    expect('onsession' in transport).toBe(false);
  });

  test('that are deleted are no longer called', async () => {
    const inner = new NullTransport();
    const transport = withBackchannel(inner);
    const onclose = vi.fn();
    transport.onclose = onclose;
    delete transport.onclose;
    expect(transport.onclose).toBeUndefined();
    await transport.close();
    expect(onclose).not.toHaveBeenCalled();
  });

  test('are chained, saved and restored the way the SDK does it', async () => {
    const inner = new NullTransport();
    const transport = withBackchannel(inner);
    const calls: string[] = [];
    transport.onmessage = () => calls.push('first');
    const saved = transport.onmessage;
    transport.onmessage = (...args) => {
      saved(...args);
      calls.push('second');
    };
    inner.deliver(request(1));
    transport.onmessage = saved;
    inner.deliver(request(2));
    expect(calls).toEqual(['first', 'second', 'first']);
    await transport.close();
  });
});

describe('start', () => {
  const wrappers = { withBackchannel, asUpstream };

  test.each(Object.entries(wrappers))(
    'of %s can be replaced for one call, and the replacement puts back what was there',
    async (_name, wrap) => {
      const inner = new NullTransport();
      const started = vi.spyOn(inner, 'start');
      const transport = wrap(inner);
      const original = Reflect.get(transport, 'start');
      transport.start = async () => {
        transport.start = original;
        return Promise.resolve();
      };
      expect(Reflect.get(transport, 'start')).not.toBe(original);
      await transport.start();
      expect(started).not.toHaveBeenCalled();
      expect(Reflect.get(transport, 'start')).toBe(original);
      await original.call(transport);
      expect(started).toHaveBeenCalledOnce();
    },
  );

  test('that was replaced comes back when the replacement is deleted', async () => {
    const inner = new NullTransport();
    const started = vi.spyOn(inner, 'start');
    const transport = withBackchannel(inner);
    transport.start = async () => Promise.resolve();
    await transport.start();
    expect(started).not.toHaveBeenCalled();
    delete (transport as Partial<NullTransport>).start;
    await transport.start();
    expect(started).toHaveBeenCalledOnce();
  });
});

describe('send', () => {
  test('that somebody has replaced is used by whoever calls it, and can reach the one before', async () => {
    const inner = new NullTransport();
    const transport = withBackchannel(inner);
    const original = transport.send.bind(transport);
    const seen: unknown[] = [];
    transport.send = async (message, options) => {
      seen.push(message);
      return original(message, options);
    };
    await transport.send(request(1));
    expect(seen).toEqual([request(1)]);
    expect(inner.sent).toEqual([{ message: request(1), options: undefined }]);
  });

  test('can be replaced by defineProperty, too', async () => {
    const inner = new NullTransport();
    const transport = withBackchannel(inner);
    const replacement = vi.fn(async () => Promise.resolve());
    Object.defineProperty(transport, 'send', { value: replacement, configurable: true, writable: true });
    await transport.send(request(1));
    expect(replacement).toHaveBeenCalledOnce();
    expect(inner.sent).toEqual([]);
  });
});

test('backchannel cannot be overwritten', () => {
  const transport = withBackchannel(new NullTransport());
  const { backchannel } = transport;
  expect(Reflect.set(transport, 'backchannel', undefined)).toBe(false);
  expect(transport.backchannel).toBe(backchannel);
});
