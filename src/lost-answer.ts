import type { JsonRpcMessage, RequestId } from './routing/message.js';
import { METHOD_NOT_FOUND } from './rpc-codes.js';

export interface RpcError {
  readonly code: number;
  readonly message: string;
}

/** What we know about an answer that cannot be used. */
export interface LostAnswerDetails {
  /** The request that it answers, if known. */
  readonly about?: RequestId | undefined;
  /** The error of a server that could not read a message, and therefore names no request. */
  readonly error?: RpcError | undefined;
  /** It looks like an answer to a notification, which needs none. */
  readonly mayAnswerNews?: boolean;
  /** The answer is complete JSON. */
  readonly isWhole?: true;
}

/**
 * A backend has answered a request, but it is not certain which. A transport reports this to `onerror`. It is a
 * `SyntaxError`, which shows that the sender is alive.
 */
export class LostAnswer extends SyntaxError {
  override readonly name = 'LostAnswer';

  constructor(
    message: string,
    readonly details: LostAnswerDetails,
  ) {
    super(message);
  }

  /** The same error, about this request if it names no other. */
  orAbout(id: RequestId): LostAnswer {
    return this.details.about === undefined ? new LostAnswer(this.message, { ...this.details, about: id }) : this;
  }
}

/** The details of an answer without a usable id. */
export function detailsOf({ result, error }: JsonRpcMessage): LostAnswerDetails {
  if (isRpcError(error)) {
    // Some servers say so of a notification that they do not know.
    const isAboutNews = error.code === METHOD_NOT_FOUND || /notif/i.test(error.message);
    return { error, mayAnswerNews: isAboutNews, isWhole: true };
  }
  return { isWhole: true, mayAnswerNews: Object.keys(Object(result) as object).length === 0 };
}

export function isRpcError(error: unknown): error is RpcError {
  const { code, message } = Object(error) as Partial<RpcError>;
  return Number.isSafeInteger(code) && typeof message === 'string';
}
