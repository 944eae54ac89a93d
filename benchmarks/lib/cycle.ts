import type { JsonRpcMessage, SendOptions } from '../../src/index.js';
import type { Sessions } from './sessions.js';
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
export function cycles(variant: Variant, inFlight: number): () => Promise<void> {
  const proxy = connect(variant);
  let id = 0;
  while (id < inFlight - 1) variant.inner.onmessage?.(idle(id++));

  return async () => {
    for (let count = 0; count < CYCLES_PER_RUN; count++, id++) {
      await proxy.call(id);
      await proxy.answer(id);
    }
  };
}

/**
 * The same for many sessions: each cycle is the next session's. Each has had one before, or what would be measured
 * where there are many is how they begin.
 *
 * @returns runs {@link CYCLES_PER_RUN} cycles, one after the other
 */
export async function sessionCycles({ variants, extras }: Sessions): Promise<() => Promise<void>> {
  const proxies = variants.map((variant) => connect(variant));
  const [only] = proxies;
  let id = 0;
  // Sessions that one transport carries are heard of when something is in flight in them.
  if (proxies.length === 1) for (const extra of extras) variants[0]?.inner.onmessage?.(idle(id++), extra);

  let next = 0;
  const run = async (cycles: number): Promise<void> => {
    for (let count = 0; count < cycles; count++) {
      const proxy = proxies.length === 1 ? only : proxies[next];
      const extra = extras[next];
      await proxy?.call(id, extra);
      await proxy?.answer(id++, extra);
      next = (next + 1) % extras.length;
    }
  };
  await run(extras.length);
  return () => run(CYCLES_PER_RUN);
}

/** Each half of a cycle: what comes in, and what then goes out. Every sender waits until it is written. */
interface Proxy {
  call(id: number, extra?: unknown): Promise<void>;
  answer(id: number, extra?: unknown): Promise<void>;
}

function connect({ outer, inner }: Variant): Proxy {
  let sent = Promise.resolve();
  outer.onmessage = (message: JsonRpcMessage, extra?: unknown) => {
    // What a transport of several sessions is told when it is to send: whose message it is.
    const options = extra as SendOptions | undefined;
    if (message.method === undefined) sent = outer.send({ jsonrpc: '2.0', id: message.id, result: RESULT }, options);
    else if (message.method === 'tools/call') sent = outer.send({ ...QUESTION, id: message.id }, options);
  };
  return {
    call(id, extra) {
      inner.onmessage?.({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'ask', arguments: {} } }, extra);
      return sent;
    },
    answer(id, extra) {
      inner.onmessage?.({ jsonrpc: '2.0', id, result: ANSWER }, extra);
      return sent;
    },
  };
}

/** A request that stays in flight. */
export function idle(id: number): JsonRpcMessage {
  return { jsonrpc: '2.0', id, method: 'resources/read', params: { uri: 'file:///' } };
}

const QUESTION = { jsonrpc: '2.0', method: 'elicitation/create', params: { message: 'ok?', requestedSchema: {} } };
const ANSWER = { action: 'accept', content: {} };
const RESULT = { content: [{ type: 'text', text: 'ok' }] };
