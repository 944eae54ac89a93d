import type { JsonRpcMessage, TransportLike } from '../../src/index.js';

/** A legacy backend in memory. Its tool `asking` asks the user once. All else is answered at once. */
export class AskingBackend implements TransportLike {
  onmessage: TransportLike['onmessage'];
  onclose: TransportLike['onclose'];
  onerror: TransportLike['onerror'];
  /** The calls that wait for an answer, by the ids of their questions. */
  readonly #waiting = new Map<unknown, unknown>();
  #questions = 0;

  start(): Promise<void> {
    return Promise.resolve();
  }

  send(message: unknown): Promise<void> {
    const { id, method, params } = message as JsonRpcMessage;
    if (id === undefined) return Promise.resolve();
    if (method === undefined) this.#answered(id);
    else if (method === 'initialize') this.#reply(id, initializeResult(params));
    else if ((params as { readonly name?: string }).name === 'asking') this.#ask(id);
    else this.#reply(id, RESULT);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.onclose?.();
    return Promise.resolve();
  }

  #ask(call: unknown): void {
    const id = `question ${String(++this.#questions)}`;
    this.#waiting.set(id, call);
    this.#emit({ jsonrpc: '2.0', id, method: 'elicitation/create', params: QUESTION });
  }

  #answered(question: unknown): void {
    const call = this.#waiting.get(question);
    if (!this.#waiting.delete(question)) throw new Error('an answer to no question');
    this.#reply(call, RESULT);
  }

  #reply(id: unknown, result: object): void {
    this.#emit({ jsonrpc: '2.0', id, result });
  }

  #emit(message: object): void {
    queueMicrotask(() => this.onmessage?.(message));
  }
}

const RESULT = { content: [{ type: 'text', text: 'ok' }] };
const QUESTION = { message: 'ok?', requestedSchema: { type: 'object', properties: {} } };

function initializeResult(params: unknown): object {
  const { protocolVersion } = params as { readonly protocolVersion?: string };
  return { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'benchmark', version: '1' } };
}
