import type { JsonRpcMessage, RequestId } from './routing/message.js';

/** JSON-RPC's code of a server that knows no such method, as that of a notification. */
const METHOD_NOT_FOUND = -32601;

export interface RpcError {
  readonly code: number;
  readonly message: string;
}

/** What is known of an answer that came and cannot be used. */
export interface LostAnswerDetails {
  /** The request that it answers, as far as can be told. */
  readonly about?: RequestId | undefined;
  /** The error of a server that could not read what it was sent, and therefore names no request. */
  readonly error?: RpcError | undefined;
  /** It looks like an answer to a notification, which needs none. */
  readonly mayAnswerNews?: boolean;
  /** It is JSON, and all there. */
  readonly isWhole?: true;
}

/**
 * A backend has answered a request, and it is not certain which. A transport reports it by `onerror`. As a `SyntaxError` it
 * says that whoever sent it is there.
 */
export class LostAnswer extends SyntaxError {
  override readonly name = 'LostAnswer';

  constructor(
    message: string,
    readonly details: LostAnswerDetails,
  ) {
    super(message);
  }

  /** The same, which answers this request if it names no other. */
  orAbout(id: RequestId): LostAnswer {
    return this.details.about === undefined ? new LostAnswer(this.message, { ...this.details, about: id }) : this;
  }
}

/** What an answer without a usable id tells. */
export function detailsOf({ result, error }: JsonRpcMessage): LostAnswerDetails {
  if (isRpcError(error)) {
    const isAboutNews = error.code === METHOD_NOT_FOUND || /notif/i.test(error.message);
    return { error, mayAnswerNews: isAboutNews, isWhole: true };
  }
  return { isWhole: true, mayAnswerNews: Object.keys(Object(result) as object).length === 0 };
}

export function isRpcError(error: unknown): error is RpcError {
  const { code, message } = Object(error) as Partial<RpcError>;
  return Number.isSafeInteger(code) && typeof message === 'string';
}
