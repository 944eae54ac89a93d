import { isDoubtful, onlyMeantBy, roundedId } from './long-ids.js';
import {
  isNotification,
  isRequest,
  isResponse,
  progressTokenOf,
  reportedTokenOf,
  type JsonRpcMessage,
  type RequestId,
} from './routing/message.js';
import { putBounded } from './routing/bounded.js';

const MAX_REMEMBERED = 1_024;

/** A request that was sent, and its progress token. */
interface Sent {
  readonly id: RequestId;
  readonly token: RequestId | undefined;
}

/**
 * The requests whose ids or progress tokens their receiver may round: JavaScript does. It answers with the rounded ones,
 * which stand for those that were sent as long as there is only one that they can stand for.
 */
export class SentLongIds {
  // Most stay empty, and there may be many idle sessions.
  #sent: Map<RequestId, Sent> | undefined;

  sent(message: JsonRpcMessage): void {
    if (!isRequest(message)) return;
    const { id } = message;
    const token = progressTokenOf(message);
    if (!isLong(id) && !isLong(token)) return;
    putBounded((this.#sent ??= new Map<RequestId, Sent>()), id, { id, token }, MAX_REMEMBERED);
  }

  /** The id that this one stands for. */
  meantBy(id: RequestId): RequestId {
    const all = this.#sent;
    if (all === undefined || all.has(id)) return id;
    return onlyMeantBy(id, all.keys()) ?? id;
  }

  /** @returns the same message if its id or progress token is the one that was sent */
  received(message: JsonRpcMessage): JsonRpcMessage {
    if (this.#sent === undefined) return message;
    if (isResponse(message)) {
      const id = this.meantBy(message.id);
      this.#sent.delete(id);
      return id === message.id ? message : { ...message, id };
    }
    const token = isNotification(message) ? reportedTokenOf(message) : undefined;
    if (token === undefined) return message;
    const tokens = [...this.#sent.values()].flatMap((sent) => sent.token ?? []);
    const meant = tokens.includes(token) ? undefined : onlyMeantBy(token, tokens);
    return meant === undefined
      ? message
      : { ...message, params: { ...(message.params as object), progressToken: meant } };
  }
}

function isLong(id: RequestId | undefined): boolean {
  return id !== undefined && (isDoubtful(id) || roundedId(id) !== undefined);
}
