/** What must become of a message the moment it is sent. */
import type { RouteEvent } from '../../../src/index.js';
import { cancelledBearer, closes, expected, isInFlight, poses, type Clues, type Expected } from './reference.js';
import { holds, show, type Out, type Req, type Stream } from './records.js';
import type { Side } from './side.js';

export interface Forecast {
  /** Where it goes; nothing is foretold of what depends on something that is still under way. */
  readonly to: Expected<Req> | 'as it is' | 'withdrawn' | 'unknown';
  /** Nothing is being written where it goes, and the client is not coming back to it: it leaves at once. */
  readonly isIdle: boolean;
  readonly parked: number;
}

/** Foretells it, and notes in the facts what the message changes. @param origin in whose handler it is sent */
export function predict(side: Side, out: Out, origin: Req | undefined): Forecast {
  const to = destination(side, out, origin);
  const order = orderOf(side, out, to);
  const facts = side.factsOf(out.session);
  const isKnown = out.session !== 'unknown' && side.isOpen;
  out.target = order;
  if (typeof to === 'object') out.chosen = to;
  if (typeof to === 'object' && out.options?.relatedRequestId === to.id) out.named = to;
  if (to === 'parked') out.waited = true;
  if (to === 'unchanged' || side.isModern || !side.connections.isSeen) out.isUninferred = true;
  out.isUnchanged = to === 'unchanged';
  if (out.kind === 'request' && isKnown && leaves(to)) {
    poses(facts, out.message, typeof to === 'object' ? to : undefined);
  }
  if (out.message.method === 'notifications/cancelled' && isKnown && to !== 'withdrawn' && to !== 'refused CLOSED') {
    const { requestId } = out.message.params as { readonly requestId?: unknown };
    closes(facts, requestId);
    if (to === 'unknown' && wasAsked(side, requestId)) side.takenBack.add(requestId);
  }
  const isSeen = !side.config.reusesIds;
  const isIdle = isSeen && (order === undefined || !side.hasStreams || isIdleOn(side, order));
  return { to, isIdle, parked: side.transport.backchannel.snapshot().parked };
}

function isIdleOn({ writes, connections }: Side, order: Stream): boolean {
  const post = connections.postOf(order);
  const isLeft = post === undefined ? connections.isStored : post.isLeft;
  return !writes.some(({ stream }) => stream === order) && !connections.store.mayHoldUp(post, isLeft);
}

function destination(side: Side, out: Out, origin: Req | undefined): Forecast['to'] {
  const { message, session } = out;
  // A pipe says so when it is asked to write it, and that is a moment later.
  if (out.isUnwritable && !side.hasStreams && side.isOpen) return 'unknown';
  if (out.kind === 'response' || out.kind === 'garbage') return 'as it is';
  if (!side.isOpen || (origin !== undefined && origin.life !== side.life)) return 'refused CLOSED';
  if (out.isUnwritable) return 'refused UNWRITABLE_MESSAGE';
  if (session === 'unknown') return 'unchanged';

  const { method } = message;
  if (method === 'notifications/cancelled' || method === 'notifications/elicitation/complete') {
    if (side.isUncertain) return 'unknown';
    const { requestId } = message.params as { readonly requestId?: unknown };
    if (method === 'notifications/cancelled' && isParked(side, requestId)) return 'withdrawn';
  }
  const context = origin?.session === session ? origin : undefined;
  const to = expected(message, side.factsOf(session), cluesOf(side, out, context));
  const isStored = out.kind === 'notification' && side.isWatched && side.connections.isStored;
  return to === 'parked' && isStored ? 'standalone' : to;
}

function isParked(side: Side, id: unknown): boolean {
  for (const out of side.outs.values()) {
    if (out.kind !== 'request' || out.message.id !== id || out.life !== side.life) continue;
    if (out.isKept && out.left === 0 && out.status === 'pending') return true;
  }
  return false;
}

function wasAsked(side: Side, id: unknown): boolean {
  return [...side.outs.values()].some(
    ({ kind, life, message }) => kind === 'request' && life === side.life && message.id === id,
  );
}

function cluesOf(side: Side, { message, options }: Out, context: Req | undefined): Clues<Req> {
  const { json, modeTold, ambiguous, parkTimeoutMs, sessionWide } = side.config;
  const { isSeen, answersSeen, standaloneKnown, wasStandaloneKnown, begunAt } = side.connections;
  const isSeenHere = side.isWatched && isSeen;
  const isJson = modeTold && side.hasStreams ? json : isSeenHere && answersSeen === 'json';
  const opensNone = !wasStandaloneKnown && begunAt !== undefined && side.clock.now - begunAt >= parkTimeoutMs;
  return {
    explicit: options?.relatedRequestId,
    context,
    scope: scopeOf(String(message.method)),
    ambiguous,
    late: sessionWide === 'prefer-standalone' && (parkTimeoutMs === 0 || opensNone),
    standalone: standaloneOf(side, isSeenHere, standaloneKnown),
    requestStreams: isJson ? 'closed' : 'open',
  };
}

function standaloneOf(side: Side, isSeen: boolean, known: Stream | undefined): Clues<Req>['standalone'] {
  if (!side.hasStreams) return 'assumed';
  if (!isSeen) return 'unknown';
  return known === undefined ? 'closed' : 'open';
}

function scopeOf(method: string): 'request' | 'session' | 'either' {
  if (method === 'ping') return 'either';
  return method.endsWith('/list_changed') || method === 'notifications/resources/updated' ? 'session' : 'request';
}

function leaves(to: Forecast['to']): boolean {
  return typeof to === 'object' || to === 'standalone' || to === 'unchanged';
}

function orderOf(side: Side, out: Out, to: Forecast['to']): Stream | undefined {
  if (typeof to === 'object') return to.order;
  if (to === 'standalone') return side.connections.channelOf(out.session);
  if (to === 'unchanged') return orderNamedBy(side, out);
  return to === 'as it is' && side.isOpen ? out.answers?.order : undefined;
}

/** Where nothing is inferred, a message is written in turn with what else names its request. */
export function orderNamedBy(side: Side, { options, session }: Out): Stream {
  const id = options?.relatedRequestId;
  if (id === undefined) return side.connections.channelOf(session);
  const isUnknown = session === 'unknown';
  const cancelled = isUnknown ? undefined : cancelledBearer(side.factsOf(session), id);
  if (cancelled !== undefined) return cancelled.order;
  const bearers = side.requests.filter((req) => {
    return req.id === id && req.life === side.life && isInFlight(req) && (isUnknown || req.session === session);
  });
  const [bearer] = bearers;
  if (bearer !== undefined && bearers.length === 1) return bearer.order;
  return isUnknown ? side.connections.channel : side.connections.unseen();
}

export function checkAfterSend(side: Side, out: Out, { to, isIdle, parked }: Forecast, events: readonly RouteEvent[]) {
  const name = `${show(out.message)} of ${side.name}`;
  // To make room for it, another may have been given up.
  const event = events.findLast(({ id, method }) => id === out.message.id && method === out.message.method);
  const code = (event?.error as { readonly code?: string } | undefined)?.code;
  out.isKept = event?.outcome === 'parked';
  if (to === 'unknown') return;
  if (typeof to === 'object' || to === 'standalone' || to === 'unchanged' || to === 'as it is') {
    if (isIdle)
      holds(out.left === 1, 'C9 what need not wait leaves at once', () => `${name}: ${why(to)}, ${code ?? ''}`);
    if (out.left === 0 || to === 'as it is') return;
    const related = typeof to === 'object' ? to.id : to === 'unchanged' ? out.options?.relatedRequestId : undefined;
    holds(out.related === related, 'the route is what the rules say', () => {
      return `${name}: expected ${why(to)}, but ${show(out.related)} by ${show(event?.evidence)}`;
    });
    return;
  }
  holds(out.left === 0, 'C5 what has no stream is kept or refused', () => `${name}: expected ${why(to)}`);
  if (to === 'withdrawn') {
    const { requestId } = out.message.params as { readonly requestId?: unknown };
    for (const one of side.outs.values()) if (one.message.id === requestId) one.isKept = false;
  }
  if (to === 'parked') {
    const { parkTimeoutMs, maxParked } = side.config;
    if (code === 'PARK_TIMEOUT') holds(parkTimeoutMs === 0, 'C5 it may wait', () => name);
    else if (code === 'PARK_FULL') holds(parked >= maxParked, 'C6 there is room', () => name);
    else holds(['parked', 'superseded'].includes(event?.outcome ?? ''), 'C5 it waits', () => `${name}: ${show(event)}`);
    return;
  }
  const expectedCode = to === 'withdrawn' ? 'CANCELLED' : to.slice('refused '.length);
  holds(code === expectedCode, 'C5 a refusal says why', () => `${name}: ${why(to)}, but ${code ?? show(event)}`);
}

function why(to: Forecast['to']): string {
  return typeof to === 'object' ? `request ${show(to.id)}` : to;
}
