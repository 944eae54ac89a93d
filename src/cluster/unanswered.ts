/** Which requests of a POST are not answered yet, as the bytes that pass by tell. */
import { messagesIn } from '../json-messages.js';
import { isRecord, isRequest, isResponse, type JsonRpcMessage, type RequestId } from '../routing/message.js';

const MARK = '\u{feff}';

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
  /** A byte order mark at the beginning of a stream is no part of its first line. */
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #isFirst = true;
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
    const text = this.#decoder.decode(events);
    this.isResumable ||= /^id:/m.test(text);
    const isMarked = this.#isFirst && text.startsWith(MARK);
    this.#isFirst = false;
    for (const data of dataIn(isMarked ? text.slice(MARK.length) : text))
      for (const message of messagesInJson(data)) if (isResponse(message)) this.#ids.delete(message.id);
  }
}

/** The data of each event that carries a message. */
function dataIn(events: string): string[] {
  const found: string[] = [];
  let data: string[] = [];
  let isMessage = true;
  for (const line of events.split(/\r\n|\r|\n/)) {
    if (line === '') {
      if (isMessage && data.length > 0) found.push(data.join('\n'));
      data = [];
      isMessage = true;
    } else {
      const [field, value] = fieldIn(line);
      if (field === 'data') data.push(value);
      else if (field === 'event') isMessage = value === 'message' || value === '';
    }
  }
  return found;
}

function fieldIn(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon === -1) return [line, ''];
  return [line.slice(0, colon), line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)];
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
