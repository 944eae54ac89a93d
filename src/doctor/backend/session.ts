/** One session of the backend that asks: MCP by hand, so that no library changes what is under test. */
import { textOf } from '../../errors.js';
import { METHOD_NOT_FOUND } from '../../rpc-codes.js';
import type { Message, RequestId } from '../messages.js';
import { TOOLS, type SessionState, type ToolCall } from './tools.js';

/**
 * Sends a message to the proxy.
 *
 * @param call the request of the proxy that it belongs to, if any
 * @returns false if there is no stream that could carry it
 */
export type Send = (message: Message, call?: RequestId) => boolean;

interface Asked {
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: Error) => void;
}

export class BackendSession {
  readonly #state: SessionState = { notes: new Map(), memory: new Map(), meetings: new Map() };
  readonly #asked = new Map<RequestId, Asked>();
  readonly #running = new Map<RequestId, AbortController>();
  #nextId = 0;

  constructor(private readonly send: Send) {}

  receive(message: Message): void {
    const { id, method } = message;
    if (method === undefined) {
      this.#answered(message);
    } else if (id === undefined || id === null) {
      if (method === 'notifications/cancelled') this.#running.get(message.params?.['requestId'] as RequestId)?.abort();
    } else if (method === 'tools/call') {
      void this.#call(id, message.params ?? {});
    } else {
      this.#answer(id, method, message.params);
    }
  }

  #answer(id: RequestId, method: string, params: Message['params']): void {
    switch (method) {
      case 'initialize':
        this.#result(id, {
          protocolVersion: params?.['protocolVersion'],
          capabilities: { tools: { listChanged: true }, logging: {} },
          serverInfo: { name: 'mcp-backchannel-doctor', version: '1.0.0' },
        });
        break;
      case 'ping':
      case 'logging/setLevel':
        this.#result(id, {});
        break;
      case 'tools/list':
        this.#result(id, { tools: Object.entries(TOOLS).map(toolOf) });
        break;
      default:
        this.send({ jsonrpc: '2.0', id, error: { code: METHOD_NOT_FOUND, message: `no method ${method}` } }, id);
    }
  }

  async #call(id: RequestId, params: NonNullable<Message['params']>): Promise<void> {
    const controller = new AbortController();
    this.#running.set(id, controller);
    const tool = Object.entries(TOOLS).find(([name]) => name === params['name'])?.[1];
    let text: string;
    let isError = false;
    try {
      if (tool === undefined) throw new Error(`no tool ${String(params['name'])}`);
      text = await tool.run(this.#contextOf(id, params, controller.signal));
    } catch (error) {
      text = textOf(error);
      isError = true;
    }
    this.#running.delete(id);
    // No answer follows a cancellation.
    if (!controller.signal.aborted)
      this.#result(id, { content: [{ type: 'text', text }], ...(isError && { isError }) });
  }

  #contextOf(id: RequestId, params: NonNullable<Message['params']>, signal: AbortSignal): ToolCall {
    const meta = params['_meta'] as { readonly progressToken?: RequestId } | undefined;
    return {
      ...this.#state,
      args: (params['arguments'] ?? {}) as Readonly<Record<string, unknown>>,
      progressToken: meta?.progressToken,
      signal,
      request: async (method, asked) => this.#ask(method, asked, id),
      notify: (method, told) => void this.send({ jsonrpc: '2.0', method, params: told }, id),
      requestOutside: async (method, asked) => this.#ask(method, asked),
      notifyOutside: (method) => void this.send({ jsonrpc: '2.0', method }),
    };
  }

  async #ask(method: string, params: Message['params'], call?: RequestId): Promise<unknown> {
    const id = `doctor-${String(this.#nextId++)}`;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      if (this.send({ jsonrpc: '2.0', id, method, ...(params && { params }) }, call)) return;
      this.#asked.delete(id);
      reject(new Error('the proxy holds no stream of its backend that could carry the question'));
    });
  }

  #answered({ id, result, error }: Message): void {
    if (id === undefined || id === null) return;
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (error === undefined) asked?.resolve(result);
    else asked?.reject(new Error(`${String(error.code)} ${error.message}`));
  }

  #result(id: RequestId, result: unknown): void {
    this.send({ jsonrpc: '2.0', id, result }, id);
  }
}

function toolOf([name, { description }]: [string, { readonly description: string }]): object {
  return { name, description, inputSchema: { type: 'object' } };
}
