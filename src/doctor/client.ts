/** The strict client: says yes to every question, and notes on which stream it came. */
import { METHOD_NOT_FOUND } from '../rpc-codes.js';
import { PROTOCOL_VERSION, type Arrival, type Message } from './messages.js';
import type { Connect, Exchange, Wire } from './wire.js';

/** A request under way. */
export interface Call {
  readonly id: number;
  /** The answer, whichever stream it comes on: an error, too. Rejects if the request was refused. */
  readonly answer: Promise<Arrival>;
  readonly exchange: Exchange;
}

interface Waiting {
  readonly resolve: (arrival: Arrival) => void;
  readonly reject: (reason: unknown) => void;
}

interface InitializeResult {
  readonly protocolVersion?: unknown;
  readonly capabilities?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export class Client {
  /** What the server started by itself. */
  readonly arrivals: Arrival[] = [];
  readonly wire: Wire;
  /** What the server declared. */
  capabilities: NonNullable<InitializeResult['capabilities']> = {};
  readonly #waiting = new Map<number, Waiting>();
  readonly #watching = new Set<(arrival: Arrival) => void>();
  /** The method of the last message that it sent by itself. */
  lastSent = '';
  #nextId = 0;

  /** @param name a part of its answers, which tells whose they are */
  constructor(
    connect: Connect,
    private readonly name = 'doctor',
  ) {
    this.wire = connect((arrival) => {
      this.#received(arrival);
    });
  }

  /** @throws Error that says how it was refused */
  async initialize(): Promise<void> {
    const { answer } = this.start('initialize', {
      protocolVersion: PROTOCOL_VERSION,
      capabilities: { elicitation: {}, sampling: {}, roots: { listChanged: true } },
      clientInfo: { name: 'mcp-backchannel-doctor', version: '1.0.0' },
    });
    const { protocolVersion, capabilities } = resultOf(await answer) as InitializeResult;
    // It becomes a header.
    if (typeof protocolVersion !== 'string' || !/^[\w.-]+$/.test(protocolVersion))
      throw new Error('the answer to initialize names no protocolVersion');
    this.capabilities = capabilities ?? {};
    this.wire.agreed(protocolVersion);
    await this.notify('notifications/initialized').ended;
  }

  start(method: string, params: Readonly<Record<string, unknown>> = {}): Call {
    const id = this.#nextId++;
    this.lastSent = method;
    const answer = new Promise<Arrival>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    // Nobody has to wait for it.
    answer.catch(() => undefined);
    const exchange = this.wire.send({ jsonrpc: '2.0', id, method, params });
    exchange.ended.catch((error: unknown) => {
      this.#waiting.get(id)?.reject(error);
      this.#waiting.delete(id);
    });
    return { id, answer, exchange };
  }

  startTool(name: string, args: Readonly<Record<string, unknown>> = {}, progressToken?: string): Call {
    const meta = progressToken === undefined ? {} : { _meta: { progressToken } };
    return this.start('tools/call', { name, arguments: args, ...meta });
  }

  /** The text that the tool gives back. @throws Error that says what came in its place */
  async callTool(name: string, args: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return toolTextOf(await this.startTool(name, args).answer);
  }

  notify(method: string, params?: Readonly<Record<string, unknown>>): Exchange {
    this.lastSent = method;
    return this.wire.send({ jsonrpc: '2.0', method, ...(params && { params }) });
  }

  /** The first message that fits, of those that have come and those that will. */
  async next(fits: (message: Message) => boolean): Promise<Arrival> {
    const known = this.arrivals.find(({ message }) => fits(message));
    if (known !== undefined) return known;
    return new Promise((resolve) => {
      const look = (arrival: Arrival): void => {
        if (!fits(arrival.message)) return;
        this.#watching.delete(look);
        resolve(arrival);
      };
      this.#watching.add(look);
    });
  }

  async close(): Promise<void> {
    for (const { reject } of this.#waiting.values()) reject(new Error('the client was closed'));
    this.#waiting.clear();
    await this.wire.close();
  }

  #received(arrival: Arrival): void {
    const { id, method } = arrival.message;
    if (method === undefined) {
      const waiting = this.#waiting.get(Number(id));
      this.#waiting.delete(Number(id));
      waiting?.resolve(arrival);
      return;
    }
    this.arrivals.push(arrival);
    for (const look of [...this.#watching]) look(arrival);
    if (id !== undefined && id !== null) this.wire.send({ jsonrpc: '2.0', id, ...this.#answerTo(arrival.message) });
  }

  #answerTo({ method = '', params }: Message): Pick<Message, 'result' | 'error'> {
    switch (method) {
      case 'elicitation/create':
        return { result: { action: 'accept', content: { answer: `${String(params?.['message'])} ${this.name}` } } };
      case 'sampling/createMessage': {
        const [prompt] = (params?.['messages'] ?? []) as { readonly content?: { readonly text: string } }[];
        const text = `${String(prompt?.content?.text)} ${this.name}`;
        return { result: { role: 'assistant', model: 'doctor', content: { type: 'text', text } } };
      }
      case 'roots/list':
        return { result: { roots: [{ uri: `file:///${this.name}` }] } };
      case 'ping':
        return { result: {} };
      default:
        return { error: { code: METHOD_NOT_FOUND, message: `no method ${method}` } };
    }
  }
}

function resultOf({ message: { result, error } }: Arrival): unknown {
  if (error !== undefined) throw new Error(`${String(error.code)} ${error.message}`);
  return result;
}

/** @throws Error that says what was answered in place of a text */
export function toolTextOf(arrival: Arrival): string {
  const { content, isError } = resultOf(arrival) as {
    readonly content?: readonly { readonly text: string }[];
    readonly isError?: boolean;
  };
  if (!Array.isArray(content)) throw new Error('the result of the tool has no content');
  const text = content.map((part: { readonly text: string }) => part.text).join('');
  if (isError === true) throw new Error(text);
  return text;
}
