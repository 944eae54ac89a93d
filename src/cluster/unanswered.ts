/** Which requests of a POST are not answered yet, as the bytes that pass by tell. */
import { createParser } from 'eventsource-parser';
import { messagesIn } from '../json-messages.js';
import { isRecord, isRequest, isResponse, type JsonRpcMessage, type RequestId } from '../routing/message.js';

/** The ids of the requests in a body. A body that cannot be read has none: its sender is refused. */
export function requestsIn(body: Uint8Array | undefined): RequestId[] {
  return body === undefined
    ? []
    : messagesInJson(new TextDecoder().decode(body))
        .filter(isRequest)
        .map(({ id }) => id);
}

/** The requests that still wait for a response. */
export class Unanswered {
  #known: Set<RequestId> | undefined;
  readonly #decoder = new TextDecoder();
  readonly #parser = createParser({
    onEvent: ({ id = '', event = 'message', data }) => {
      this.isResumable ||= id !== '';
      if (event !== 'message') return;
      for (const message of messagesInJson(data)) if (isResponse(message)) this.#ids.delete(message.id);
    },
  });
  /** Whether an event had an id: the client can come back for what it has not got. */
  isResumable = false;

  /** @param requests called when it matters: most answers come whole, and then nobody asks */
  constructor(private readonly requests: () => Iterable<RequestId>) {}

  get #ids(): Set<RequestId> {
    return (this.#known ??= new Set(this.requests()));
  }

  get ids(): readonly RequestId[] {
    return [...this.#ids];
  }

  /** Whole events, which the client gets. */
  sees(events: Uint8Array): void {
    if (this.#ids.size === 0) return;
    const text = this.#decoder.decode(events, { stream: true });
    // The parser would hold back a last event that ends in a return, in case that a line feed follows. One more empty
    // line between events means nothing.
    this.#parser.feed(text.endsWith('\r') ? `${text}\n` : text);
  }
}

function messagesInJson(text: string): JsonRpcMessage[] {
  try {
    return messagesIn(JSON.parse(text), text)
      .map(({ message }) => message)
      .filter(isRecord);
  } catch {
    return [];
  }
}
