/**
 * Event ids that carry the JSON-RPC ids of the requests whose stream it is. The events themselves are kept by the node
 * that owns the session. When that node is gone, any other can tell from such an id which calls of the client are lost.
 *
 * An id is `~<requests>~<the store's own id>`. The requests are those not yet answered when the event was written, as a
 * JSON array in base64url. Nothing stands there if all were answered, and on the standalone stream. `*` stands for
 * some requests, where naming them would make the id too long for an HTTP header.
 */
import { SERVER_ERROR } from '../error-answers.js';
import type { EventStore, StreamRequests } from '../event-store.js';
import { elementsOf } from '../json-text.js';
import { withoutStandIns } from '../long-ids.js';
import { isResponse, type JsonRpcMessage } from '../routing/message.js';

/** The requests that an event id names: their ids as JSON. */
type Named = readonly string[] | 'some';

/** Many servers take no header of more than 8 KB. A batch of 100 requests with UUIDs needs less than this. */
const MAX_NAMES = 6_000;

const SOME = '*';
const FORM = /^~([\w-]*|\*)~(.*)$/s;

/** The answer to a client that comes back to a stream of a lost node. */
export type LostStream =
  /** The body of an event stream with status 200. It ends afterwards. */
  | { readonly events: string }
  /** Nothing is owed on it: 404. */
  | 'not found';

/** What a proxy with a cluster does with event ids. */
export interface EventIds {
  namingStore(store: EventStore): EventStore;
  lostStream(lastEventId: string, reason?: string): LostStream;
}

/** A store whose event ids carry the requests of their streams. The store itself sees only ids that it has made. */
export function namingStore(store: EventStore): EventStore {
  return {
    storeEvent: async (streamId, message: JsonRpcMessage, text, requests) => {
      // Now: while the store is at work, others may be answered.
      const named = after(message, namesOf(requests));
      return written(named, await store.storeEvent(streamId, message, text, requests));
    },
    replayEventsAfter: async (lastEventId, { send }) => {
      const { own, named: last } = read(lastEventId) ?? { own: lastEventId, named: [] };
      let named = last;
      return store.replayEventsAfter(own, {
        send: async (eventId, message: JsonRpcMessage, text) => {
          // The same steps as when the events were stored, so that they lead to the same ids.
          named = after(message, named);
          await send(written(named, eventId), message, text);
        },
      });
    },
    ...(store.getStreamIdForEventId && {
      getStreamIdForEventId: async (eventId) => store.getStreamIdForEventId?.(read(eventId)?.own ?? eventId),
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
export function lostStream(
  lastEventId: string,
  reason = 'The node that had this call is gone. The call may have run.',
): LostStream {
  const { own, named } = read(lastEventId) ?? { own: '', named: [] };
  const lost = named === 'some' ? ['null'] : named;
  if (lost.length === 0) return 'not found';
  const error = JSON.stringify({ code: SERVER_ERROR, message: reason });
  const events = lost.map((id, at) => {
    // Whoever loses the connection in between comes back for the rest.
    const rest = written(lost.slice(at + 1), own);
    return `event: message\nid: ${rest}\ndata: {"jsonrpc":"2.0","id":${id},"error":${error}}\n\n`;
  });
  return { events: events.join('') };
}

function namesOf(requests: StreamRequests | undefined): Named {
  if (requests === undefined) return [];
  const isTooLong = encoded([...requests.ids].map(nameOf)).length > MAX_NAMES;
  // It depends on all of them, so that it holds for the whole stream.
  return isTooLong ? 'some' : [...requests.owed].map(nameOf);
}

/** Those that are still owed when this message is there. */
function after(message: JsonRpcMessage, named: Named): Named {
  if (named === 'some' || !isResponse(message)) return named;
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
function written(named: Named, own: string): string {
  return own === '' ? '' : `~${named === 'some' ? SOME : encoded(named)}~${own}`;
}

/** @returns `undefined` if we have not made this id */
function read(eventId: string): { readonly own: string; readonly named: Named } | undefined {
  const [, names, own] = FORM.exec(eventId) ?? [];
  if (names === undefined || own === undefined || names.length > MAX_NAMES) return undefined;
  if (names === SOME) return { own, named: 'some' };
  const list = `[${Buffer.from(names, 'base64url').toString()}]`;
  try {
    const ids = JSON.parse(list) as readonly unknown[];
    const texts = elementsOf(list);
    // Numbers stay the texts that they are: JavaScript cannot hold all of them.
    const named = ids.map((id, at) => (typeof id === 'number' ? (texts[at] ?? '') : JSON.stringify(id)));
    return ids.every((id) => typeof id === 'string' || typeof id === 'number') ? { own, named } : undefined;
  } catch {
    return undefined;
  }
}
