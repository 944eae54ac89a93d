import { after } from '../../clock.js';
import { errorAnswer, reasonOf } from '../../error-answers.js';
import { HttpRefusal } from '../../http-refusal.js';
import { isRpcError } from '../../lost-answer.js';
import { HEADER_MISMATCH } from '../../modern-era.js';
import { isRecord, type JsonRpcMessage, type RequestMessage, type ResponseMessage } from '../../routing/message.js';
import type { RequestHeaders } from '../http/http-answer.js';
import type { ClientFacts, Fields } from './envelope.js';
import type { Exchange } from './exchange.js';
import { answerAsWritten } from './exact-text.js';
import {
  answerAfterError,
  inputRequiredIn,
  isDeclared,
  requestFor,
  retryParams,
  undeclared,
  type Ask,
  type InputRequired,
} from './input-required.js';
import type { Questions } from './questions.js';
import { isPlain, legacyResult } from './results.js';

/** A server that is busy may ask us to come again. These are the pauses before we do. */
const FIRST_PAUSE_MS = 250;
const PAUSE_GROWTH = 1.5;
const MAX_PAUSE_MS = 5_000;
/** This often in a row. */
const MAX_PAUSES = 20;

/** A server that asks and asks would never end. */
const MAX_ROUNDS = 100;

/** What a call needs of its transport. */
export interface CallHost {
  /** Whether arguments travel in headers, too. */
  readonly hasHeaders: boolean;
  readonly client: ClientFacts;
  readonly questions: Questions;
  /** Opens the exchange for the next round of a call. */
  open(): Exchange;
  /** Learns which headers the tools ask for. */
  learnTools(headers: RequestHeaders | undefined): Promise<void>;
  /** Takes note of a result before it is passed on. */
  seen(method: string, params: unknown, result: Fields): void;
  /** Passes on a message to the client. */
  tell(message: JsonRpcMessage): void;
}

/** The client answers with an error. */
class NotAnswered extends Error {
  constructor(
    readonly ask: Ask,
    readonly error: unknown,
  ) {
    super();
  }
}

/**
 * One request of the client, over as many POSTs as its server asks questions. All of it runs in the async context of the
 * request. The client gets exactly one answer, unless it cancels.
 */
export class ModernCall {
  #isOver = false;
  #exchange: Exchange | undefined;
  #headers: RequestHeaders | undefined;
  /** The requests to the client that are open. */
  readonly #open = new Set<string>();
  #wake: (() => void) | undefined;

  constructor(
    private readonly request: RequestMessage,
    private readonly host: CallHost,
    headers: RequestHeaders | undefined,
  ) {
    this.#headers = headers;
  }

  /** It is answered, or nobody waits for the answer any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends the request. Resolves and rejects as the first exchange does. */
  async begin(): Promise<void> {
    await this.#send(this.request.params);
  }

  /** Goes on with the call until it is answered. */
  async follow(): Promise<void> {
    try {
      await this.#run();
    } catch (error) {
      // The later exchanges have no caller who waits for them.
      this.#fail(`The backend refused to go on with this request: ${whyRefused(error)}`);
    }
  }

  /** Ends the call without an answer. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#exchange?.cancel();
    this.#wake?.();
    this.#withdraw('The call that this request belongs to is cancelled');
  }

  async #run(): Promise<void> {
    const { params } = this.request;
    let answer = await this.#answer(params);
    let pauses = 0;
    for (let round = 1; ; round++) {
      const needed = this.isOver ? undefined : this.#neededFor(answer);
      if (needed === undefined) return;
      pauses = needed.asks.length === 0 ? pauses + 1 : 0;
      if (pauses > MAX_PAUSES || round > MAX_ROUNDS) {
        this.#fail(`The backend had no result after ${round} rounds`);
        return;
      }
      if (pauses > 0) await this.#pause(pauses);
      const responses = await this.#ask(needed);
      if (responses === undefined) return;
      const retry = retryParams(params, responses, needed.state);
      await this.#send(retry);
      answer = await this.#answer(retry);
    }
  }

  /** The answer to what was sent. If the request lacked a header, it did not run, and is sent once more. */
  async #answer(params: unknown): Promise<ResponseMessage> {
    const answer = await this.#read();
    const isMismatch = isRpcError(answer.error) && answer.error.code === HEADER_MISMATCH;
    if (!isMismatch || this.request.method !== 'tools/call' || this.isOver) return answer;
    // The tools have changed, or the client has not listed them.
    await this.host.learnTools(this.#headers);
    await this.#send(params);
    return await this.#read();
  }

  /** What has to be asked before the call can go on. Nothing if this was the last answer, which the client then gets. */
  #neededFor(answer: ResponseMessage): InputRequired | undefined {
    const { id, method, params } = this.request;
    const { result, error } = answer;
    if (!isRecord(result)) {
      this.#tell({ jsonrpc: '2.0', id, error });
      return undefined;
    }
    const needed = inputRequiredIn(result);
    if (needed === 'invalid') this.#fail('The backend asks for input that is unknown');
    else if (needed !== undefined) return needed;
    else {
      this.host.seen(method, params, result);
      const legacy = legacyResult(method, result, this.host.hasHeaders);
      this.#tell(
        isPlain(method, result) ? answerAsWritten(id, legacy, answer) : { jsonrpc: '2.0', id, result: legacy },
      );
    }
    return undefined;
  }

  /** @returns the answers of the client by the server's keys. Nothing if the call is over */
  async #ask({ asks }: InputRequired): Promise<Fields | undefined> {
    const undeclaredAsk = asks.find((ask) => !isDeclared(ask, this.host.client));
    if (undeclaredAsk !== undefined) {
      this.#failWith(undeclaredAsk, undeclared(undeclaredAsk));
      return undefined;
    }
    try {
      const answers = await Promise.all(asks.map(async (ask) => [ask.key, await this.#answerTo(ask)] as const));
      return Object.fromEntries(answers);
    } catch (thrown) {
      if (!(thrown instanceof NotAnswered)) throw thrown;
      this.#withdraw('Another request of the same call was answered with an error');
      this.#failWith(thrown.ask, thrown.error);
      return undefined;
    }
  }

  #failWith(ask: Ask, error: unknown): void {
    this.#tell(answerAfterError(this.request.id, this.request.method, ask, error));
  }

  /** @returns the result with which the client answers */
  async #answerTo(ask: Ask): Promise<unknown> {
    const { id, answered } = this.host.questions.open();
    this.#open.add(id);
    this.host.tell(requestFor(ask, id));
    const { answer, headers } = await answered;
    this.#open.delete(id);
    // They may be newer than those of the call.
    this.#headers = headers ?? this.#headers;
    if (answer.result === undefined) throw new NotAnswered(ask, answer.error);
    return answer.result;
  }

  #withdraw(reason: string): void {
    for (const requestId of this.#open) {
      this.host.questions.close(requestId);
      this.host.tell({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId, reason } });
    }
    this.#open.clear();
  }

  #send(params: unknown): Promise<void> {
    // It may have been cancelled meanwhile.
    if (this.#isOver) return Promise.reject(new Error('the call is over'));
    this.#exchange = this.host.open();
    return this.#exchange.send({ method: this.request.method, params, original: this.request }, this.#headers);
  }

  async #read(): Promise<ResponseMessage> {
    if (this.#exchange === undefined) throw new Error('nothing was sent');
    return await this.#exchange.answer;
  }

  #pause(pauses: number): Promise<void> {
    const ms = Math.min(FIRST_PAUSE_MS * PAUSE_GROWTH ** (pauses - 1), MAX_PAUSE_MS);
    return new Promise((resolve) => {
      const cancel = after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  #fail(reason: string): void {
    this.#tell(errorAnswer(this.request.id, reason));
  }

  #tell(answer: JsonRpcMessage): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.host.tell(answer);
  }
}

/** Without the text of a refusal, which may repeat credentials of the request. */
function whyRefused(error: unknown): string {
  return error instanceof HttpRefusal ? `it answers ${error.status}` : reasonOf(error);
}
