import type { Message } from './message.js';
import { Receipts } from './receipts.js';
import type { Script, Tally } from './script.js';
import { sender, type Send, type Sent } from './wire.js';

/** Nothing takes so long that does not hang. */
const PATIENCE_MS = 60_000;

const PROTOCOL_VERSION = '2025-06-18';

export interface Call {
  readonly id: number;
  /** Resolves with the answer, or with `undefined` if the stream ended without one. */
  readonly answer: Promise<Message | undefined>;
  /** Resolves when the first message has come that is not the answer. */
  readonly spoken: Promise<void>;
  abort(): void;
}

/** A client and its session. */
export class Client {
  readonly receipts: Receipts;
  /** What went wrong that must not, whatever this client does. */
  readonly faults: string[] = [];
  #ids = 0;
  #sessionId: string | undefined;
  #get: Sent | undefined;
  readonly #send: Send;

  /**
   * @param isOrdered it leaves nothing and loses nothing: what comes on one stream comes in order
   * @param willAnswer whether it answers a question; pings are always answered
   */
  constructor(
    readonly tag: string,
    url: string,
    private readonly isOrdered: boolean,
    private readonly willAnswer: () => boolean,
  ) {
    this.receipts = new Receipts(tag);
    this.#send = sender(url, () => ({
      ...(this.#sessionId !== undefined && {
        'mcp-session-id': this.#sessionId,
        'mcp-protocol-version': PROTOCOL_VERSION,
      }),
    }));
  }

  get holdsGet(): boolean {
    return this.#get !== undefined;
  }

  async open(): Promise<void> {
    const params = {
      protocolVersion: PROTOCOL_VERSION,
      capabilities: { elicitation: {}, sampling: {}, roots: {} },
      clientInfo: { name: this.tag, version: '1.0.0' },
    };
    const { answer } = this.#request('initialize', params);
    const { error } = (await answer) ?? {};
    if (this.#sessionId === undefined || error !== undefined)
      throw new Error(`${this.tag} could not open a session: ${JSON.stringify(error)}`);
    await this.#tell({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }

  /** Opens the standalone stream, as soon as the server lets it: it allows one at a time. */
  async openGet(): Promise<void> {
    const stream = {};
    for (;;) {
      const sent = this.#send('GET', undefined, (message) => this.#receive(message, stream));
      const { status, ended } = await sent.opened;
      if (status === 200) {
        this.#get = sent;
        void ended.then(() => {
          if (this.#get === sent) this.#get = undefined;
        });
        return;
      }
      await ended;
      if (status !== 409) throw new Error(`${this.tag}: GET was answered with ${status}`);
    }
  }

  closeGet(): void {
    this.#get?.abort();
    this.#get = undefined;
  }

  work(script: Script): Call {
    return this.#request('tools/call', { name: 'work', arguments: script });
  }

  async cancel({ id }: Call): Promise<void> {
    await this.#tell({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
  }

  /** Comes back when the backend has sent all it will send. */
  async settle(): Promise<Tally> {
    const { answer } = this.#request('tools/call', { name: 'settle', arguments: {} });
    const { result, error } = (await answer) ?? {};
    if (result?.structuredContent === undefined)
      throw new Error(`${this.tag}: it did not settle: ${JSON.stringify(error)}`);
    return result.structuredContent as Tally;
  }

  /** Ends the session. */
  async leave(): Promise<void> {
    const { status, ended } = await this.#send('DELETE', undefined, () => undefined).opened;
    await ended;
    if (status !== 200) this.faults.push(`${this.tag}: DELETE was answered with ${status}`);
    this.closeGet();
  }

  #request(method: string, params: object): Call {
    const id = ++this.#ids;
    const message = { jsonrpc: '2.0', id, method, params: { ...params, _meta: { progressToken: id } } };
    const stream = {};
    let answered: Message | undefined;
    let speaks!: () => void;
    const spoken = new Promise<void>((resolve) => (speaks = resolve));
    const sent = this.#send('POST', message, (received) => {
      if (received.method === undefined) {
        if (received.id !== id)
          this.faults.push(`${this.tag}: on the stream of ${id} came the answer to ${String(received.id)}`);
        else if (answered !== undefined) this.faults.push(`${this.tag}: request ${id} was answered twice`);
        answered = received;
      } else {
        speaks();
        this.#receive(received, stream);
      }
    });
    const answer = sent.opened.then(
      async ({ ended, sessionId }) => {
        this.#sessionId ??= sessionId;
        await ended;
        return answered;
      },
      () => undefined,
    );
    return { id, spoken, answer: this.#inTime(answer, `${method} ${id}`), abort: () => sent.abort() };
  }

  #receive(message: Message, stream: object): void {
    if (message.method === undefined) {
      this.faults.push(`${this.tag}: a stray answer to ${String(message.id)}`);
      return;
    }
    this.receipts.note(message, this.isOrdered ? stream : undefined);
    const { id, method } = message;
    if (id === undefined || (method !== 'ping' && !this.willAnswer())) return;
    void this.#tell({ jsonrpc: '2.0', id, result: { tag: this.tag } });
  }

  async #tell(message: object): Promise<void> {
    const sent = this.#send('POST', message, () => undefined);
    try {
      const { status, ended } = await this.#inTime(sent.opened, JSON.stringify(message));
      await ended;
      if (status !== 202) this.faults.push(`${this.tag}: ${JSON.stringify(message)} was answered with ${status}`);
    } catch (error) {
      this.faults.push(`${this.tag}: ${JSON.stringify(message)}: ${String(error)}`);
    }
  }

  async #inTime<T>(promise: Promise<T>, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const never = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`${this.tag}: ${what} hangs`));
      }, PATIENCE_MS);
    });
    try {
      return await Promise.race([promise, never]);
    } finally {
      clearTimeout(timer);
    }
  }
}
