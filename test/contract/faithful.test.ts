/** What is relayed is what was sent, C15, and whoever asks for certainty gets it or a refusal, C16. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Relay } from '../../src/proxy/relay.js';
import type { JsonRpcMessage, RequestMessage } from '../../src/routing/message.js';
import { ScriptedBackend } from '../proxy/scripted-backend.js';
import { proxies } from '../proxy/support.js';
import { answer, cancelled, elicit, request } from '../support/messages.js';
import { NullTransport } from '../support/null-transport.js';
import { rig } from '../support/rig.js';
import { UNWATCHED } from '../support/unwatched.js';

const AMBIGUOUS = { name: 'BackchannelError', code: 'AMBIGUOUS' };

/** Data is for the two sides to agree on, `null` and empty names included. */
const DATA = {
  null: null,
  '': '',
  deep: { list: [null, 0, -0.5, 1e21, '7', true, {}, []], text: '\u2028 "ä" \\ \ud83d\ude00' },
  jsonrpc: '1.0',
  id: 7,
};

describe('C15', () => {
  const open = proxies();

  test.each<[string, unknown]>([
    ['a text that is a number', '7'],
    ['zero', 0],
    ['a negative number', -1],
    ['nothing', ''],
  ])(
    'C15: a request, its progress and its answer are relayed as they were sent, with the id of %s',
    async (_what, id) => {
      const backend = new ScriptedBackend();
      const client = await (await open(backend.upstream)).connect();
      const params = { ...DATA, _meta: { progressToken: 'token', 'example.com/trace': DATA } };
      const { response } = client.start('example/unknown', params, id as string);
      expect(await backend.session().got({ method: 'example/unknown' })).toEqual({
        jsonrpc: '2.0',
        id,
        method: 'example/unknown',
        params,
      });
      const told = { method: 'notifications/progress', params: { progressToken: 'token', progress: 0.5, ...DATA } };
      await backend.session().send(told);
      await backend.session().send({ id: id as string, result: { ...DATA, _meta: DATA } });
      expect(await response).toEqual({ jsonrpc: '2.0', id, result: { ...DATA, _meta: DATA } });
      expect(client.arrivals.map(({ message }) => message)).toContainEqual({ jsonrpc: '2.0', ...told });
    },
  );

  test('C15: an error is relayed with its code, its message and its data', async () => {
    const backend = new ScriptedBackend();
    const client = await (await open(backend.upstream)).connect();
    const { id, response } = client.start('example/unknown');
    await backend.session().got({ id });
    const error = { code: -1, message: '', data: DATA };
    await backend.session().send({ id, error });
    expect(await response).toEqual({ jsonrpc: '2.0', id, error });
  });

  test('C15: a server request and its answer are relayed as they were sent', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream);
    const client = await stage.connect('client', { answers: { 'example/ask': () => ({ ...DATA, _meta: DATA }) } });
    const call = client.start('tools/call', { name: 'x' });
    await backend.session().got({ id: call.id });
    await backend.session().send({ id: 'q', method: 'example/ask', params: DATA });
    expect(await backend.session().got({ id: 'q' })).toEqual({
      jsonrpc: '2.0',
      id: 'q',
      result: { ...DATA, _meta: DATA },
    });
    expect(client.arrivals.map(({ message }) => message)).toContainEqual({
      jsonrpc: '2.0',
      id: 'q',
      method: 'example/ask',
      params: DATA,
    });
    await backend.session().send({ id: call.id, result: {} });
    await call.response;
  });
});

describe('C16', () => {
  test("C16: with ambiguous: 'reject', a cancelled call counts until it is answered, and not longer", async () => {
    const { transport, inner } = rig({ ambiguous: 'reject' });
    for (const message of [request(1), cancelled(1), request(2)]) inner.deliver(message);
    await expect(transport.send(elicit('q'))).rejects.toMatchObject(AMBIGUOUS);
    expect(inner.sent).toEqual([]);
    await transport.send(answer(1));
    await transport.send(elicit('q'));
    expect(inner.relatedIdOf('q')).toBe(2);
  });

  test("C16: with ambiguous: 'reject', what is known is no matter of certainty", async () => {
    const { transport, inner, onBehalfOf } = rig({ ambiguous: 'reject' });
    for (const message of [request(1), cancelled(1), request(2)]) inner.deliver(message);
    await onBehalfOf(2, async () => transport.send(elicit('q')));
    expect(inner.relatedIdOf('q')).toBe(2);
  });

  describe('one call at a time', () => {
    beforeEach(() => {
      vi.useFakeTimers();
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    test('C16: with one call at a time, a cancelled call counts until it is answered, and not longer', async () => {
      const backend = new NullTransport();
      const client: JsonRpcMessage[] = [];
      const refused: RequestMessage[] = [];
      const nothing = (): void => undefined;
      const relay = new Relay({
        ...UNWATCHED,
        makeTransport: () => backend,
        serialize: true,
        maxInFlight: 10,
        onStart: nothing,
        onQuestionRefused: (question) => refused.push(question),
        onUnanswered: nothing,
        onPolled: nothing,
        onRefused: nothing,
        onLost: nothing,
        report: nothing,
        client: { send: async (message: JsonRpcMessage) => Promise.resolve(void client.push(message)) },
      });
      for (const message of [request(1), request(2), cancelled(1)]) {
        relay.fromClient(message);
        await vi.advanceTimersByTimeAsync(0);
      }
      // The backend has it while it may still answer: nothing is asked on behalf of nobody, nor of the next one.
      backend.deliver(elicit('early'));
      await vi.advanceTimersByTimeAsync(5_000);
      backend.deliver(elicit('late'));
      expect(refused.map(({ id }) => id)).toEqual(['early', 'late']);
      expect(client.filter(({ method }) => method !== undefined)).toEqual([]);
      backend.deliver(answer(1));
      backend.deliver(elicit('q'));
      expect(client.filter(({ method }) => method !== undefined)).toMatchObject([{ id: 'q' }]);
    });
  });
});
