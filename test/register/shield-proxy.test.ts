/** What a proxy that does not know that its transport is wrapped gets to see of errors: none that are ours. */
import { describe, expect, test, vi } from 'vitest';
import { BackchannelError, withBackchannel } from '../../src/index.js';
import { shieldProxy } from '../../src/register/shield-proxy.js';
import { elicit, notification, progress, request } from '../support/messages.js';
import { NullHttpTransport } from '../support/null-transport.js';

/** A transport whose client holds no stream, and on which a message does not wait. */
async function withoutStream(isUnaware: boolean): Promise<{ inner: NullHttpTransport; transport: NullHttpTransport }> {
  const inner = new NullHttpTransport();
  const wrapped = withBackchannel(inner, { parkTimeoutMs: 0 });
  const transport = isUnaware ? shieldProxy(wrapped) : wrapped;
  const response = { writeHead: vi.fn(), once: vi.fn(), on: vi.fn() };
  await (transport as { handleRequest: (...args: unknown[]) => Promise<void> }).handleRequest(
    { method: 'POST', headers: {} },
    response,
  );
  return { inner, transport };
}

describe('a request that is refused', () => {
  test('rejects its send() for those who know', async () => {
    const { transport } = await withoutStream(false);
    await expect(transport.send(elicit('q'))).rejects.toBeInstanceOf(BackchannelError);
  });

  test('is answered with an error in the place of the client, once', async () => {
    const { inner, transport } = await withoutStream(true);
    const onmessage = vi.fn();
    transport.onmessage = onmessage;
    await transport.send(elicit('q'));
    expect(inner.sent).toEqual([]);
    expect(onmessage.mock.calls).toEqual([
      [
        {
          jsonrpc: '2.0',
          id: 'q',
          error: {
            code: -32000,
            message: expect.stringContaining('opened no stream') as string,
            data: { code: 'PARK_TIMEOUT' },
          },
        },
      ],
    ]);
  });

  test('does not reject though the proxy fails on the answer', async () => {
    const { transport } = await withoutStream(true);
    transport.onmessage = () => {
      throw new Error('unknown id');
    };
    await expect(transport.send(elicit('q'))).resolves.toBeUndefined();
  });

  test('is not answered after close(): nobody is there to hear it', async () => {
    const { transport } = await withoutStream(true);
    await transport.close();
    const onmessage = vi.fn();
    transport.onmessage = onmessage;
    await transport.send(elicit('q'));
    expect(onmessage).not.toHaveBeenCalled();
  });
});

describe('onerror', () => {
  test.each([
    [false, 1],
    [true, 0],
  ])('unaware: %s, hears of a lost notification %d times', async (isUnaware, times) => {
    const { transport } = await withoutStream(isUnaware);
    const onerror = vi.fn();
    transport.onerror = onerror;
    await transport.send(progress('unknown'));
    expect(onerror).toHaveBeenCalledTimes(times);
  });

  test('hears what the bare transport says, and reads as it was set', async () => {
    const { inner, transport } = await withoutStream(true);
    const onerror = vi.fn();
    transport.onerror = onerror;
    const error = new Error('the wire is cut');
    inner.onerror?.(error);
    expect(onerror).toHaveBeenCalledExactlyOnceWith(error);
    expect(transport.onerror).toBe(onerror);
    transport.onerror = undefined;
    expect(inner.onerror).toBeUndefined();
  });
});

test('an error of the bare transport rejects as it did', async () => {
  const { inner, transport } = await withoutStream(true);
  inner.write = async () => Promise.reject(new Error('the wire is cut'));
  transport.onmessage = vi.fn();
  inner.deliver(request('call'));
  await expect(transport.send(elicit('q'))).rejects.toThrow('the wire is cut');
  await expect(transport.send(notification('notifications/message'))).rejects.toThrow('the wire is cut');
});
