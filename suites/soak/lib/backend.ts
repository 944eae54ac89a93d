/**
 * A backend that does what clients tell it to. It uses its transport directly, without a library, because each message
 * that it starts is counted and carries a serial. A library would send messages of its own without one.
 */
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import { SERIAL, type Behalf, type Outcome, type Script, type Step, type Tally } from './script.js';

/** A transport of the SDK, as far as it is needed. */
export interface BackendTransport {
  onmessage?: ((message: never) => void) | undefined;
  send(message: never, options?: { readonly relatedRequestId?: string | number }): Promise<void>;
}

type Id = string | number;
type Params = Readonly<Record<string, unknown>>;
type Message = JsonRpcMessage & { readonly id?: Id; readonly method?: string; readonly params?: Params };

/** A call that is being worked on. */
interface Call {
  readonly id: Id;
  readonly token: unknown;
  isCancelled: boolean;
}

interface Open {
  readonly call: Call | undefined;
  readonly settle: (outcome: Outcome, answer?: Message) => void;
}

const PING_TIMEOUT_MS = 2_000;
const PING_ATTEMPTS = 10;

export class Backend {
  #tag = '';
  #isSettled = false;
  #questions = 0;
  readonly #sent = { call: 0, none: 0 };
  readonly #outcomes = { call: noOutcomes(), none: noOutcomes() };
  readonly #complaints: string[] = [];
  readonly #open = new Map<Id, Open>();
  readonly #calls = new Map<Id, Call>();
  readonly #work = new Set<Promise<void>>();

  /** @param canSpeak when what belongs to no call has a stream to go on */
  constructor(
    private readonly transport: BackendTransport,
    private readonly canSpeak: Promise<unknown>,
  ) {
    transport.onmessage = (message) => {
      this.#receive(message);
    };
  }

  #receive(message: Message): void {
    const { id, method, params = {} } = message;
    if (method === undefined) {
      if (id !== undefined) this.#open.get(id)?.settle(message.error === undefined ? 'answered' : 'refused', message);
    } else if (method === 'notifications/cancelled') {
      this.#cancel(params['requestId'] as Id);
    } else if (id !== undefined) {
      this.#request(id, method, params);
    }
  }

  #request(id: Id, method: string, params: Params): void {
    if (method === 'initialize') {
      this.#tag = (params['clientInfo'] as { readonly name: string }).name;
      const { protocolVersion } = params;
      const capabilities = { tools: { listChanged: true }, logging: {} };
      this.#answer(id, { protocolVersion, capabilities, serverInfo: { name: 'soak', version: '1.0.0' } });
    } else if (method !== 'tools/call') {
      this.#answer(id, {});
    } else if (params['name'] === 'settle') {
      void this.#settle().then((tally) => {
        this.#answer(id, { content: [], structuredContent: tally });
      });
    } else {
      const { progressToken } = params['_meta'] as Params;
      const call = { id, token: progressToken, isCancelled: false };
      this.#calls.set(id, call);
      const script = params['arguments'] as Script;
      if (script.isHeld) void this.#ask(call, 'elicitation/create', undefined);
      else this.#keep(this.#run(call, script));
    }
  }

  async #run(call: Call, { steps, afterwards, isFragile, patienceMs }: Script): Promise<void> {
    await this.#follow(steps, call, patienceMs);
    if (isFragile) await this.#barrier(call);
    this.#calls.delete(call.id);
    if (!call.isCancelled) this.#answer(call.id, { content: [{ type: 'text', text: this.#tag }] });
    if (afterwards.length === 0) return;
    await this.canSpeak;
    await this.#follow(afterwards, undefined, patienceMs);
  }

  async #follow(steps: readonly Step[], call: Call | undefined, patienceMs: number): Promise<void> {
    for (const step of steps) {
      if ('say' in step) {
        for (let turn = 1; turn <= step.count && call?.isCancelled !== true; turn++) await this.#say(step.say, call);
      } else if (call?.isCancelled !== true) {
        await Promise.all(Array.from({ length: step.count }, () => this.#ask(call, step.ask, patienceMs)));
      }
    }
  }

  #say(kind: 'progress' | 'log' | 'news', call: Call | undefined): Promise<void> {
    if (kind === 'news') return this.#send(undefined, { method: 'notifications/tools/list_changed', params: {} });
    return kind === 'progress' && call !== undefined
      ? this.#send(call, { method: 'notifications/progress', params: { progressToken: call.token, progress: 1 } })
      : this.#send(call, { method: 'notifications/message', params: { level: 'info', data: 'soak' } });
  }

  /** @param patienceMs `undefined`: the question is held open, and has no end here */
  async #ask(call: Call | undefined, method: string, patienceMs: number | undefined): Promise<void> {
    const outcomes = this.#outcomes[call === undefined ? 'none' : 'call'];
    if (patienceMs === undefined) outcomes.held++;
    const [outcome, answer] = await this.#question(call, method, patienceMs);
    if (patienceMs === undefined) return;
    outcomes[outcome]++;
    const { tag } = (answer?.result ?? {}) as { readonly tag?: unknown };
    if (outcome === 'answered' && tag !== this.#tag) this.#complain(`${this.#tag} got an answer of ${String(tag)}`);
  }

  /** Comes back when all that was sent before on the same stream is at the proxy: a ping is answered, or refused. */
  async #barrier(call: Call | undefined): Promise<void> {
    for (let attempt = 1; attempt <= PING_ATTEMPTS; attempt++) {
      const [outcome] = await this.#question(call, 'ping', PING_TIMEOUT_MS);
      if (outcome === 'answered' || outcome === 'refused') return;
    }
    this.#complain(`${this.#tag}: no ping of ${PING_ATTEMPTS} was answered or refused`);
  }

  async #question(call: Call | undefined, method: string, timeoutMs?: number): Promise<[Outcome, Message?]> {
    const id = `q${++this.#questions}`;
    const settled = new Promise<[Outcome, Message?]>((resolve) => {
      const settle: Open['settle'] = (outcome, answer) => {
        clearTimeout(timer);
        if (!this.#open.delete(id)) return;
        if (outcome === 'timedOut' || outcome === 'withdrawn') void this.#takeBack(call, id);
        resolve(answer === undefined ? [outcome] : [outcome, answer]);
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(settle, timeoutMs, 'timedOut');
      // A ping makes sure of what was sent before, also for a call that was cancelled.
      this.#open.set(id, { call: method === 'ping' ? undefined : call, settle });
    });
    await this.#send(call, { id, method, params: { message: 'soak', messages: [], maxTokens: 1 } });
    return settled;
  }

  #takeBack(call: Call | undefined, requestId: string): Promise<void> {
    return this.#send(call, { method: 'notifications/cancelled', params: { requestId } });
  }

  #cancel(id: Id): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    call.isCancelled = true;
    for (const open of [...this.#open.values()]) if (open.call === call) open.settle('withdrawn');
  }

  async #settle(): Promise<Tally> {
    while (this.#work.size > 0) await Promise.all(this.#work);
    await this.canSpeak;
    await this.#barrier(undefined);
    this.#isSettled = true;
    return { sent: this.#sent, questions: this.#outcomes, complaints: this.#complaints };
  }

  #send(call: Call | undefined, message: { readonly method: string; readonly params: Params; id?: Id }): Promise<void> {
    const behalf: Behalf = call === undefined ? 'none' : 'call';
    if (this.#isSettled) process.stderr.write(`soak: ${this.#tag} sends ${message.method} after it has settled\n`);
    const serial = `${this.#tag}/${behalf}/${++this.#sent[behalf]}`;
    const params = { ...message.params, _meta: { [SERIAL]: serial } };
    return this.#transmit({ jsonrpc: '2.0', ...message, params }, call?.id);
  }

  #answer(id: Id, result: unknown): void {
    void this.#transmit({ jsonrpc: '2.0', id, result });
  }

  async #transmit(message: object, relatedRequestId?: Id): Promise<void> {
    try {
      await this.transport.send(message as never, relatedRequestId === undefined ? undefined : { relatedRequestId });
    } catch (error) {
      this.#complain(`${this.#tag} could not send ${JSON.stringify(message)}: ${String(error)}`);
    }
  }

  #complain(what: string): void {
    if (this.#complaints.length < 10) this.#complaints.push(what);
  }

  #keep(work: Promise<void>): void {
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work));
  }
}

function noOutcomes(): Record<Outcome, number> {
  return { answered: 0, refused: 0, timedOut: 0, withdrawn: 0, held: 0 };
}
