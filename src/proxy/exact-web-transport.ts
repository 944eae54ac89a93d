/**
 * The SDK's web-standard transport parses and writes messages anew. Here they pass through it as the texts that they are:
 * the transport writes each as a string that has the text in it, and the text takes its place in the response.
 */
import { BriefMap } from '../routing/brief-map.js';
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { WebStandardStreamableHTTPServerTransport as WebTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { EventStore, StreamRequests } from '../event-store.js';
import { dataOf } from '../event-text.js';
import { elementsOf } from '../json-text.js';
import { jsonOf } from '../json-messages.js';
import { leavingAs } from '../leaving.js';
import { SentLongIds } from '../sent-long-ids.js';
import { isRequest, isResponse, type JsonRpcMessage, type RequestId, type RequestMessage } from '../routing/message.js';

/** Nobody can guess it, so that no message is taken for one that has its text in it. */
const MARK = `${randomUUID()}:`;
const DATA = 'data: ';
const FIELD = `${DATA}"${MARK}`;

/** The texts of the messages of the current POST, in their order. */
const posted = new AsyncLocalStorage<(string | undefined)[]>();

/** The requests of a POST, for the event store. */
class WebPost implements StreamRequests {
  readonly ids: ReadonlySet<RequestId>;
  readonly owed: Set<RequestId>;

  constructor(body: unknown) {
    const messages = (Array.isArray(body) ? body : [body]) as readonly JsonRpcMessage[];
    this.ids = new Set(messages.filter(isRequest).map(({ id }) => id));
    this.owed = new Set(this.ids);
  }
}

/** The POST that is being handled. */
const current = new AsyncLocalStorage<WebPost>();

/** Handles a request whose messages have these texts. */
export function withTexts<T>(texts: readonly (string | undefined)[], handle: () => T): T {
  return posted.run([...texts], handle);
}

/** A transport like this one, whose messages keep their texts. */
export function exactTransport(Transport: typeof WebTransport): typeof WebTransport {
  return class extends Transport {
    /** The listener that gives each message its text. */
    #onmessage: WebTransport['onmessage'];
    readonly #sentLongIds: SentLongIds = new SentLongIds();
    /** The POSTs of the requests that are not answered yet. */
    readonly #posts = new BriefMap<RequestId, WebPost>();
    readonly #isStoring: boolean;

    constructor(options: ConstructorParameters<typeof WebTransport>[0] = {}) {
      const { eventStore } = options;
      super(eventStore === undefined ? options : { ...options, eventStore: storeOfTexts(eventStore) });
      this.#isStoring = eventStore !== undefined;
    }

    override async handleRequest(...args: Parameters<WebTransport['handleRequest']>): Promise<Response> {
      const { onmessage } = this;
      if (onmessage !== undefined && onmessage !== this.#onmessage) {
        this.onmessage = this.#onmessage = (message, extra) => {
          const text = posted.getStore()?.shift();
          const meant = this.#sentLongIds.received(message) as typeof message;
          const post = current.getStore();
          if (post !== undefined && isRequest(meant)) this.#posts.set(meant.id, post);
          onmessage(meant, { ...extra, text: meant === message ? text : undefined } as typeof extra);
        };
      }
      if (!this.#isStoring) return super.handleRequest(...args);
      return current.run(new WebPost(args[1]?.parsedBody), async () => super.handleRequest(...args));
    }

    /** Begins without its client, which has initialized the transport of another node. */
    async restore(initialize: RequestMessage, result: unknown): Promise<void> {
      const { onmessage } = this;
      this.onmessage = () => {
        void super.send({ jsonrpc: '2.0', id: initialize.id, result: result as Record<string, unknown> });
      };
      const headers = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
      const request = new Request('http://localhost/', { method: 'POST', headers });
      try {
        const response = await super.handleRequest(request, { parsedBody: initialize });
        const text = await response.text();
        if (!response.ok) throw new Error(`the transport was not restored: ${text}`);
      } finally {
        if (onmessage !== undefined) this.onmessage = onmessage;
      }
    }

    override async send(...[given, givenOptions]: Parameters<WebTransport['send']>): Promise<void> {
      const leaving = leavingAs(given, givenOptions) ?? { message: given, options: givenOptions };
      const { message, options } = leaving as { message: typeof given; options: typeof givenOptions };
      this.#sentLongIds.sent(message);
      const { text } = Object(options) as { readonly text?: string };
      await super.send(asText(message, text ?? jsonOf(message), this.#postOf(message, options)), options);
    }

    #postOf(message: JsonRpcMessage, options: Parameters<WebTransport['send']>[1]): WebPost | undefined {
      const isAnswer = isResponse(message);
      const id = isAnswer ? message.id : options?.relatedRequestId;
      const post = id === undefined ? undefined : this.#posts.get(id);
      if (isAnswer && this.#posts.delete(message.id)) post?.owed.delete(message.id);
      return post;
    }
  };
}

/** What the transport has written, with the texts of the messages in it. It writes each event and each body as a whole. */
export function exactBody(chunk: Uint8Array): Uint8Array {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (!bytes.includes(MARK)) return chunk;
  const body = bytes.toString();
  if (body.startsWith('"')) return Buffer.from(textIn(body));
  if (body.startsWith('[')) return Buffer.from(`[${elementsOf(body).map(textIn).join(',')}]`);
  const lines = body.split('\n');
  return Buffer.from(
    lines.map((line) => (line.startsWith(FIELD) ? dataOf(textIn(line.slice(DATA.length))) : line)).join('\n'),
  );
}

/** The text of a message, or the JSON itself if it holds none. */
function textIn(json: string): string {
  return json.startsWith(`"${MARK}`) ? (JSON.parse(json) as string).slice(MARK.length) : json;
}

/** What the text was made for. */
interface Written {
  readonly message: object;
  readonly text: string;
  /** The POST on whose stream it leaves. */
  readonly post: WebPost | undefined;
}

const written = new WeakMap<object, Written>();

/** The message, which is written as a string that has the text in it. */
function asText<T extends object>(message: T, text: string, post?: WebPost): T {
  const copy = Object.defineProperty({ ...message }, 'toJSON', { value: () => MARK + text });
  written.set(copy, { message, text, post });
  return copy;
}

type SdkEventStore = NonNullable<NonNullable<ConstructorParameters<typeof WebTransport>[0]>['eventStore']>;

/** Stores messages as they are, with their texts. */
function storeOfTexts(sdkStore: SdkEventStore): SdkEventStore {
  const store: EventStore = sdkStore;
  return {
    storeEvent: async (streamId, sent) => {
      // A stream begins with an event without a message, while its POST is being handled.
      const begin = { message: sent, text: undefined, post: current.getStore() };
      const { message, text, post } = written.get(sent) ?? begin;
      return store.storeEvent(streamId, message, text, post);
    },
    replayEventsAfter: async (lastEventId, { send }) =>
      store.replayEventsAfter(lastEventId, {
        send: async (eventId, message: JsonRpcMessage, text) =>
          send(eventId, asText(message, text ?? jsonOf(message)) as Parameters<typeof send>[1]),
      }),
    ...(sdkStore.getStreamIdForEventId && {
      getStreamIdForEventId: async (eventId) => sdkStore.getStreamIdForEventId?.(eventId),
    }),
  };
}
