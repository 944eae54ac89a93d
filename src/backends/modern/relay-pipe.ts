import { BriefMap } from '../../routing/brief-map.js';
import { acceptedIn } from '../../accept.js';
import { withChangedText } from '../../changed-text.js';
import { asError } from '../../errors.js';
import { withStandIns } from '../../long-ids.js';
import { LostAnswer } from '../../lost-answer.js';
import { SUBSCRIPTION_ID_KEY } from '../../modern-era.js';
import type { ModernRelay, RelayedPost, RelayListener } from '../../modern-relay.js';
import { keepText } from '../../original-text.js';
import { isNotification, isRequest, isResponse, metaOf, reportedTokenOf } from '../../routing/message.js';
import type { JsonRpcMessage } from '../../routing/message.js';
import { METHOD_NOT_FOUND } from '../../rpc-codes.js';
import { stampOf, withoutStamp } from '../../routing/stamp.js';
import type { TransportLike } from '../../transport-like.js';
import { RelayedCall } from './relayed-call.js';

/** No client uses ids with this prefix. */
const PREFIX = 'mcp-backchannel:relay:';

/** The status for a notification. */
const ACCEPTED = 202;

export interface PipeRelayOptions {
  /** Runs the server. Called again after it has ended. */
  readonly connect: () => Promise<TransportLike>;
  readonly report: (error: Error) => void;
}

/**
 * Passes POSTs of modern clients on to one server that is reached through a pipe, for all of them. Only ids and progress
 * tokens are changed, since clients choose them alike. A message of the server that does not say whose it is goes to nobody.
 */
export class PipeRelay implements ModernRelay {
  #server: Promise<TransportLike> | undefined;
  readonly #calls = new BriefMap<unknown, RelayedCall>();
  #lastId = 0;

  constructor(private readonly options: PipeRelayOptions) {}

  post({ body, clientHeaders }: RelayedPost, listener: RelayListener): () => void {
    const message = parsed(body);
    let isLeft = false;
    let call: RelayedCall | undefined;
    const serve = async (): Promise<void> => {
      const server = await (this.#server ??= this.#connect());
      if (isLeft) return;
      if (!isRequest(message)) {
        // Those that name a request name one of the client, which ends its calls by closing their streams.
        listener.whole(ACCEPTED, {}, '');
        return;
      }
      const acceptsStream = acceptedIn(clientHeaders.get('accept') ?? undefined).stream;
      call = new RelayedCall(`${PREFIX}${++this.#lastId}`, message, acceptsStream, listener);
      this.#calls.set(call.id, call);
      await server.send(call.request);
    };
    serve().catch((error: unknown) => {
      if (!isLeft) this.#end(call, asError(error), listener);
    });
    return () => {
      isLeft = true;
      if (call !== undefined && this.#calls.delete(call.id)) this.#cancel(call.id);
    };
  }

  /** Ends the server. */
  async close(): Promise<void> {
    const server = await this.#server?.catch(() => undefined);
    await server?.close();
  }

  async #connect(): Promise<TransportLike> {
    let server: TransportLike | undefined;
    const ended = (): void => {
      this.#server = undefined;
      for (const call of this.#calls.values()) this.#end(call, new Error('the server has ended'));
    };
    try {
      server = await this.options.connect();
      const own = server;
      own.onmessage = (message: JsonRpcMessage) => {
        this.#received(message, own);
      };
      own.onerror = (error) => {
        this.#failed(error);
      };
      own.onclose = ended;
      await own.start();
      return own;
    } catch (error) {
      ended();
      throw error;
    }
  }

  #end(call: RelayedCall | undefined, reason: Error, listener = call?.listener): void {
    if (call === undefined || this.#calls.delete(call.id)) listener?.broke(reason);
  }

  #cancel(requestId: string): void {
    const params = { requestId, reason: 'the client has left' };
    const tell = async (): Promise<void> =>
      (await this.#server)?.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
    tell().catch(() => undefined);
  }

  #received(message: JsonRpcMessage, server: TransportLike): void {
    if (isResponse(message)) {
      const call = this.#calls.get(message.id);
      if (call !== undefined && this.#calls.delete(call.id)) call.answer(message);
    } else if (isRequest(message)) {
      this.options.report(new SyntaxError('the backend sent a request, which its revision does not know'));
      const error = { code: METHOD_NOT_FOUND, message: 'Requests of servers are no part of revision 2026-07-28' };
      server.send({ jsonrpc: '2.0', id: message.id, error }).catch(() => undefined);
    } else if (isNotification(message)) this.#pass(message);
  }

  /** Nothing is inferred: who is alone now may not have been when the message was written. */
  #pass(message: JsonRpcMessage): void {
    const stamp = stampOf(message);
    const clean = stamp === undefined ? message : withChangedText(withoutStamp(message), message);
    const names = [stamp, metaOf(message)?.[SUBSCRIPTION_ID_KEY], reportedTokenOf(message)];
    names
      .map((name) => this.#calls.get(name))
      .find((call) => call !== undefined)
      ?.notify(clean);
  }

  #failed(error: Error): void {
    if (!(error instanceof LostAnswer)) {
      this.options.report(error);
      return;
    }
    this.options.report(new SyntaxError(error.message));
    const { about } = error.details;
    const [only, ...others] = this.#calls.values();
    const meant = about === undefined && others.length === 0 ? only : this.#calls.get(about);
    this.#end(meant, new Error('the server sent no valid answer to this request'), meant?.listener);
  }
}

function parsed(body: string): JsonRpcMessage {
  const message = withStandIns(JSON.parse(body), body) as JsonRpcMessage;
  keepText(message, body);
  return message;
}
