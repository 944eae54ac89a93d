import type { JsonRpcMessage } from '../../src/index.js';
import type { Variant } from './variants.js';

/** A request comes in, a server request goes out, the client's answer comes in, the response goes out. */
export const MESSAGES_PER_CYCLE = 4;

/** Cycles per measured run: long against the clock's resolution, short against a scheduler's slice. */
export const CYCLES_PER_RUN = 500;

/**
 * Connects a proxy that asks the client once for each call, and brings it to the state that is to be
 * measured.
 *
 * @param inFlight requests in flight while a cycle runs, its own included
 * @returns runs {@link CYCLES_PER_RUN} cycles, one after the other
 */
export function cycles({ outer, inner }: Variant, inFlight: number): () => Promise<void> {
  let sent = Promise.resolve();
  outer.onmessage = (message: JsonRpcMessage) => {
    if (message.method === undefined) sent = outer.send({ jsonrpc: '2.0', id: message.id, result: RESULT });
    else if (message.method === 'tools/call') sent = outer.send({ ...QUESTION, id: message.id });
  };
  const deliver = (message: JsonRpcMessage): void => {
    inner.onmessage?.(message);
  };

  let id = 0;
  while (id < inFlight - 1)
    deliver({ jsonrpc: '2.0', id: id++, method: 'resources/read', params: { uri: 'file:///' } });

  return async () => {
    for (let count = 0; count < CYCLES_PER_RUN; count++, id++) {
      deliver({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'ask', arguments: {} } });
      // Every sender waits for its message to be written: so does this one.
      await sent;
      deliver({ jsonrpc: '2.0', id, result: ANSWER });
      await sent;
    }
  };
}

const QUESTION = { jsonrpc: '2.0', method: 'elicitation/create', params: { message: 'ok?', requestedSchema: {} } };
const ANSWER = { action: 'accept', content: {} };
const RESULT = { content: [{ type: 'text', text: 'ok' }] };
