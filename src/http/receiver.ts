/** Takes in what a client posts: begins a session, opens a stream, hands the messages over. */
import { randomUUID } from 'node:crypto';
import { asError } from '../errors.js';
import { isRequest, type JsonRpcMessage, type RequestMessage } from '../routing/message.js';
import { answersIn } from '../streams/posted-answers.js';
import type { Endpoint } from './endpoint.js';
import { primingEvent } from '../event-text.js';
import { MessageExtra, RequestInfo } from './message-extra.js';
import { JsonAnswers } from './json-answers.js';
import { isInitialize, versionIn } from './messages.js';
import { Post } from './post.js';
import { read, type Posted } from './reading.js';
import * as refusals from './refusals.js';
import { checkSession } from './request-checks.js';
import { scopeChallengeFor, type ScopeChallengeResolver } from './scope-challenge.js';
import type { Visit } from './visit.js';

/** Clients of this version and later can read an event without data, and come back though they have seen no message. */
const FIRST_WITH_PRIMING = '2025-11-25';

/** The version of a client that names none. */
const DEFAULT_VERSION = '2025-03-26';

export async function receive(endpoint: Endpoint, visit: Visit, parsedBody: unknown): Promise<void> {
  try {
    const posted = await read(visit, parsedBody, endpoint.settings);
    if ('refusal' in posted) endpoint.refuse(visit, posted.refusal, posted.brought);
    else await take(endpoint, visit, posted);
  } catch (thrown) {
    visit.carries?.lost();
    if (!visit.response.headersSent) endpoint.refuse(visit, refusals.failed(thrown));
    else {
      endpoint.report(asError(thrown));
      visit.response.destroy();
    }
  }
}

async function take(endpoint: Endpoint, visit: Visit, posted: Posted): Promise<void> {
  const { messages } = posted;
  const first = messages.find(isInitialize);
  const refusal = checked(endpoint, visit, messages, first);
  if (refusal !== undefined) {
    endpoint.refuse(visit, refusal, () => answersIn(messages));
    return;
  }
  if (first !== undefined) {
    const named = endpoint.initialize();
    if (named !== undefined) await named;
    if (endpoint.isClosed) {
      endpoint.refuse(visit, refusals.CLOSED);
      return;
    }
  }
  const requests = messages.filter(isRequest);
  const { scopeChallengeResolver: resolve } = endpoint;
  if (resolve !== undefined && (await isChallenged(endpoint, visit, requests, resolve))) return;
  if (requests.length > 0) await open(endpoint, visit, posted, requests);
  else {
    handOver(endpoint, visit, posted, false);
    visit.whenDecided(() => {
      visit.answer(202, { 'content-length': 0 });
    });
  }
}

/** Whether the server wants a token that may do more. */
async function isChallenged(
  endpoint: Endpoint,
  visit: Visit,
  requests: readonly RequestMessage[],
  resolve: ScopeChallengeResolver,
): Promise<boolean> {
  try {
    const { auth } = visit.request as { readonly auth?: unknown };
    const challenge = await scopeChallengeFor(requests, auth, resolve);
    if (challenge === undefined) return false;
    visit.answer(challenge.status, challenge.headers, challenge.body);
  } catch (thrown) {
    endpoint.refuse(visit, refusals.notResolved(thrown));
  }
  return true;
}

function checked(
  endpoint: Endpoint,
  visit: Visit,
  messages: readonly JsonRpcMessage[],
  first: JsonRpcMessage | undefined,
): refusals.Refusal | undefined {
  if (endpoint.isClosed) return refusals.CLOSED;
  if (first === undefined) return checkSession(visit.request.headers, endpoint);
  if (endpoint.isInitialized && endpoint.sessionId !== undefined) return refusals.INITIALIZED_ALREADY;
  return messages.length > 1 ? refusals.SEVERAL_WITH_INITIALIZE : undefined;
}

/** Opens what the answers to the requests are written to, and hands the requests over. */
async function open(
  endpoint: Endpoint,
  visit: Visit,
  posted: Posted,
  requests: readonly RequestMessage[],
): Promise<void> {
  const { settings, streams } = endpoint;
  const { eventStore, retryInterval } = settings;
  const { accepted } = posted;
  // A client that accepts only one of the two gets that one.
  const isJson = accepted.json && (settings.enableJsonResponse || !accepted.stream);
  const post = new Post(eventStore === undefined || isJson ? undefined : randomUUID(), isJson ? visit : undefined);
  const isPrimed = post.streamId !== undefined && isPrimedFor(endpoint, visit, requests);
  if (isJson) {
    visit.carries = new JsonAnswers(post, visit, streams);
  } else if (isPrimed) {
    const ids = requests.map(({ id }) => id);
    const eventId = (await eventStore?.storeEvent(post.streamId, {}, undefined, { ids, owed: ids })) ?? '';
    if (endpoint.isClosed) {
      endpoint.refuse(visit, refusals.CLOSED);
      return;
    }
    streams.attach(post, visit).prime(primingEvent(eventId, retryInterval));
  } else {
    streams.attach(post, visit);
  }
  if (visit.isOver) visit.carries?.lost();
  streams.posted(
    post,
    requests.map(({ id }) => id),
  );
  streams.arriving = post;
  try {
    handOver(endpoint, visit, posted, isPrimed);
  } catch (error) {
    streams.forget(post);
    throw error;
  } finally {
    streams.arriving = undefined;
  }
}

function isPrimedFor(endpoint: Endpoint, visit: Visit, requests: readonly RequestMessage[]): boolean {
  const first = requests.find(isInitialize);
  const named = visit.request.headers['mcp-protocol-version'];
  const version = first === undefined ? (typeof named === 'string' ? named : DEFAULT_VERSION) : versionIn(first);
  return version >= FIRST_WITH_PRIMING && (endpoint.versions?.includes(version) ?? true);
}

/** @param isPrimed the client can come back to a stream that is closed early, and the server may close it */
function handOver(endpoint: Endpoint, { request }: Visit, { messages, texts }: Posted, isPrimed: boolean): void {
  const info = new RequestInfo(request);
  for (const [at, read] of messages.entries()) {
    const message = endpoint.sentLongIds.received(read);
    endpoint.handOver(
      message,
      new MessageExtra(
        request,
        info,
        message === read ? texts[at] : undefined,
        isPrimed && isRequest(message) ? { closer: endpoint, id: message.id } : undefined,
      ),
    );
  }
}
