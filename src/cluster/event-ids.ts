/**
 * Event ids that carry the JSON-RPC ids of the requests whose stream it is. The events themselves are kept by the node
 * that owns the session. When that node is gone, any other can tell from such an id which calls of the client are lost.
 *
 * An id is `~<requests>~<maker>~<the store's own id>`. The requests are those not yet answered when the event was
 * written, as a JSON list in base64url; nothing if all were answered. `*` stands for some requests, where naming them
 * would make the id too long for an HTTP header, and `.` for the standalone stream. The maker is the store: when a session
 * is adopted, its new store knows no events of the old one.
 */
import { eventOf } from '../event-text.js';
import { randomBytes } from 'node:crypto';
import { SERVER_ERROR } from '../rpc-codes.js';
import type { EventStore, StreamRequests } from '../event-store.js';
import { elementsOf } from '../json-text.js';
import { withoutStandIns } from '../long-ids.js';
import { isResponse, type JsonRpcMessage } from '../routing/message.js';

/** The requests that an event id names: their ids as JSON. */
type Named = readonly string[] | 'some' | 'standalone';

interface EventId {
  readonly named: Named;
  readonly maker: string;
  readonly own: string;
}

/** Many servers take no header of more than 8 KB. A batch of 100 requests with UUIDs needs less than this. */
const MAX_NAMES = 6_000;

/** What stands in the place of names. */
const MARKS = { some: '*', standalone: '.' } as const;
const FORM = /^~([\w-]*|[*.])~([\w-]+)~(.*)$/s;
const MAKER_BYTES = 6;

/** The name of the standalone stream, in our transport and in the SDK's. */
const STANDALONE = '_GET_stream';
/** Nothing is ever written on a stream of this name. */
const LOST = 'lost';

/** The answer to a client that comes back to a stream of a lost node. */
export type LostStream =
  /** The body of an event stream with status 200. It ends afterwards. */
  | { readonly events: string }
  /** Nothing is owed on it: 404. */
  | 'not found';

const GONE = 'The node that had this call is gone. The call may have run.';

/** What a proxy with a cluster does with event ids. */
export interface EventIds {
  namingStore(store: EventStore): EventStore;
  lostStream(lastEventId: string, reason?: string): LostStream;
}

/** A store whose event ids carry the requests of their streams. The store itself sees only ids that it has made. */
export function namingStore(store: EventStore): EventStore {
  const maker = randomBytes(MAKER_BYTES).toString('base64url');
  const foreign = (eventId: string): EventId | undefined => {
    const id = read(eventId);
    return id?.maker === maker ? undefined : id;
  };
  return {
    storeEvent: async (streamId, message: JsonRpcMessage, text, requests) => {
      // Now: while the store is at work, others may be answered.
      const named = after(message, namesOf(requests));
      return written({ named, maker, own: await store.storeEvent(streamId, message, text, requests) });
    },
    replayEventsAfter: async (lastEventId, { send }) => {
      const lost = foreign(lastEventId);
      if (lost !== undefined) {
        for (const { id, json } of lastWords(lost)) await send(id, JSON.parse(json), json);
        return streamOf(lost);
      }
      const { own, named: last } = read(lastEventId) ?? { own: lastEventId, named: [] };
      let named = last;
      return store.replayEventsAfter(own, {
        send: async (eventId, message: JsonRpcMessage, text) => {
          // The same steps as when the events were stored, so that they lead to the same ids.
          named = after(message, named);
          await send(written({ named, maker, own: eventId }), message, text);
        },
      });
    },
    ...(store.getStreamIdForEventId && {
      getStreamIdForEventId: async (eventId) => {
        const lost = foreign(eventId);
        if (lost === undefined) return store.getStreamIdForEventId?.(read(eventId)?.own ?? eventId);
        return lost.named.length === 0 ? undefined : streamOf(lost);
      },
    }),
  };
}

/**
 * Answers a GET with this `Last-Event-ID`, for a session whose node is gone. Each call that is still owed gets one error.
 * The id of the last event owes nothing, so that a client which comes back once more gets 404. Some would come back for
 * ever otherwise.
 *
 * @param reason what the client is told
 */
export function lostStream(lastEventId: string, reason?: string): LostStream {
  const words = lastWords(read(lastEventId), reason);
  if (words.length === 0) return 'not found';
  return { events: words.map(({ id, json }) => eventOf(json, id)).join('') };
}

/** An error for each request that is owed, and the id of the event that carries it. */
function lastWords(eventId: EventId | undefined, reason = GONE): readonly { id: string; json: string }[] {
  if (eventId === undefined || eventId.named === 'standalone') return [];
  const lost = eventId.named === 'some' ? ['null'] : eventId.named;
  const error = JSON.stringify({ code: SERVER_ERROR, message: reason });
  return lost.map((id, at) => ({
    // Whoever loses the connection in between comes back for the rest.
    id: written({ ...eventId, named: lost.slice(at + 1) }),
    json: `{"jsonrpc":"2.0","id":${id},"error":${error}}`,
  }));
}

/** The stream of an event that another store has made. The standalone stream goes on. */
function streamOf({ named }: EventId): string {
  if (named === 'standalone') return STANDALONE;
  if (named.length === 0) throw new Error('there is no such event');
  return LOST;
}

function namesOf(requests: StreamRequests | undefined): Named {
  if (requests === undefined) return 'standalone';
  const isTooLong = encoded([...requests.ids].map(nameOf)).length > MAX_NAMES;
  // It depends on all of them, so that it holds for the whole stream.
  return isTooLong ? 'some' : [...requests.owed].map(nameOf);
}

/** Those that are still owed when this message is there. */
function after(message: JsonRpcMessage, named: Named): Named {
  if (typeof named === 'string' || !isResponse(message)) return named;
  const answered = nameOf(message.id);
  return named.filter((name) => name !== answered);
}

function nameOf(id: unknown): string {
  return withoutStandIns(JSON.stringify(id));
}

function encoded(names: readonly string[]): string {
  return Buffer.from(names.join(',')).toString('base64url');
}

/** A store that returns no id wants none on its event. */
function written({ named, maker, own }: EventId): string {
  return own === '' ? '' : `~${typeof named === 'string' ? MARKS[named] : encoded(named)}~${maker}~${own}`;
}

/** @returns `undefined` if no store of ours has made this id */
function read(eventId: string): EventId | undefined {
  const [, names, maker, own] = FORM.exec(eventId) ?? [];
  if (names === undefined || maker === undefined || own === undefined || names.length > MAX_NAMES) return undefined;
  if (names === MARKS.some) return { named: 'some', maker, own };
  if (names === MARKS.standalone) return { named: 'standalone', maker, own };
  const list = `[${Buffer.from(names, 'base64url').toString()}]`;
  try {
    const ids = JSON.parse(list) as readonly unknown[];
    const texts = elementsOf(list);
    // Numbers stay the texts that they are: JavaScript cannot hold all of them.
    const named = ids.map((id, at) => (typeof id === 'number' ? (texts[at] ?? '') : JSON.stringify(id)));
    return ids.every((id) => typeof id === 'string' || typeof id === 'number') ? { named, maker, own } : undefined;
  } catch {
    return undefined;
  }
}
