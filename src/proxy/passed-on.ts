import type { PassedRequest } from '../cluster/cluster.js';
import type { Forwarded } from '../proxy-events.js';
import { isRecord, type JsonRpcMessage } from '../routing/message.js';
import { headersOf } from './passed-headers.js';
import { parsedOrNull } from './web-body.js';

/** A request that was passed on, as an event. Few want to know what is in it, and it may be large. */
export class PassedOn implements Forwarded {
  readonly kind = 'forwarded';
  readonly at: number = Date.now();
  readonly client = undefined;
  readonly session: string | undefined;
  readonly method: string;
  readonly #request: PassedRequest;

  constructor(
    request: PassedRequest,
    readonly toNode: string,
    readonly outcome: Forwarded['outcome'],
    readonly durationMs: number,
  ) {
    this.#request = request;
    this.method = request.method;
    this.session = sessionIn(request);
  }

  get headers(): Forwarded['headers'] {
    return headersOf(this.#request);
  }

  get message(): JsonRpcMessage | undefined {
    const { body } = this.#request;
    const value = body === undefined ? undefined : parsedOrNull(new TextDecoder().decode(body));
    return isRecord(value) ? value : undefined;
  }
}

function sessionIn({ rawHeaders }: PassedRequest): string | undefined {
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'mcp-session-id');
  return at === -1 ? undefined : rawHeaders[at + 1];
}
