import { PROTOCOL_VERSION, type Arrival } from '../../src/doctor/messages.js';
import type { Receive, Wire } from './wires.js';

export interface Call {
  readonly id: number;
  readonly answer: Promise<Arrival>;
  /** The HTTP exchange is over, and its connection free for the next one. */
  readonly exchange: Promise<void>;
}

interface Waiting {
  readonly resolve: (arrival: Arrival) => void;
  readonly reject: (reason: unknown) => void;
}

/** A client that says yes to every question, and notes where it came. */
export class Client {
  /** What the server started by itself. */
  readonly serverInitiated: Arrival[] = [];
  readonly wire: Wire;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;

  constructor(connect: (receive: Receive) => Wire) {
    this.wire = connect((message, stream) => this.#received({ message, stream }));
  }

  async initialize(): Promise<void> {
    const { answer, exchange } = this.start('initialize', {
      protocolVersion: PROTOCOL_VERSION,
      capabilities: { elicitation: {} },
      clientInfo: { name: 'bench', version: '1.0.0' },
    });
    throwIfError(await answer);
    await exchange;
    await this.wire.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }

  start(method: string, params: Readonly<Record<string, unknown>>): Call {
    const id = this.#nextId++;
    const answer = new Promise<Arrival>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    const exchange = this.wire.send({ jsonrpc: '2.0', id, method, params });
    exchange.catch((error: unknown) => {
      this.#waiting.get(id)?.reject(error);
      this.#waiting.delete(id);
    });
    return { id, answer, exchange };
  }

  startTool(name: string, args: Readonly<Record<string, unknown>>): Call {
    return this.start('tools/call', { name, arguments: args });
  }

  /** The text that the tool gives back. */
  async tool(name: string, args: Readonly<Record<string, unknown>>): Promise<string> {
    const { answer, exchange } = this.startTool(name, args);
    const text = textOf(await answer);
    await exchange;
    return text;
  }

  close(): void {
    this.wire.close();
    for (const { reject } of this.#waiting.values()) reject(new Error('the client was closed'));
    this.#waiting.clear();
  }

  #received(arrival: Arrival): void {
    const { id, method } = arrival.message;
    if (method === undefined) {
      const waiting = this.#waiting.get(Number(id));
      this.#waiting.delete(Number(id));
      waiting?.resolve(arrival);
      return;
    }
    this.serverInitiated.push(arrival);
    if (id === undefined) return;
    const result = method === 'elicitation/create' ? { action: 'accept', content: { answer: 'yes' } } : {};
    this.wire.send({ jsonrpc: '2.0', id, result }).catch(() => undefined);
  }
}

/** The text of a result. Throws what was answered instead. */
function textOf(arrival: Arrival): string {
  throwIfError(arrival);
  const { content, isError } = arrival.message.result as { content: { text: string }[]; isError?: boolean };
  const text = content.map((part) => part.text).join('');
  if (isError === true) throw new Error(text);
  return text;
}

function throwIfError({ message }: Arrival): void {
  if (message.error !== undefined) throw new Error(`${message.error.code} ${message.error.message}`);
}
