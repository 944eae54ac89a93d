/** What reaches the transport inside, and whether it may. */
import { isDeepStrictEqual } from 'node:util';
import type { JsonRpcMessage, RequestId } from '../../../src/routing/message.js';
import type { SendOptions } from '../../../src/transport-like.js';
import { incomingAnswer } from './inbound.js';
import { closes, isInFlight, poses } from './reference.js';
import { orderNamedBy } from './prediction.js';
import { Broken, holds, show, type Out, type Req, type Stream, type Write } from './records.js';
import type { Side } from './side.js';
import type { World } from './world.js';

/** A write that takes longer is given up. */
const STALL_TIMEOUT_MS = 30_000;

export function receiveAtInner(
  world: World,
  side: Side,
  message: JsonRpcMessage,
  options: SendOptions | undefined,
): Promise<void> {
  const sent = side.outs.get(message);
  if (sent?.isUnwritable === true) {
    const mayBeAsked = !side.hasStreams || sent.afterClose;
    holds(mayBeAsked, 'C5 a transport that keeps it to itself gets nothing unwritable', () => show(message));
    throw new TypeError('it cannot be written as JSON');
  }
  const out = sent ?? unwritableAnswer(side, message) ?? answerForHandler(world, side, message, options);
  holds(out.side === side, 'C7 nothing crosses to another transport', () => show(message));
  out.left += 1;
  out.related = options?.relatedRequestId;
  holds(out.left === 1, 'C4 a message is written once', () => show(message));
  if (out.kind === 'response' || out.kind === 'garbage') return write(world, side, out, responseLeaves(out, options));
  holds(out.life === side.life && side.isOpen, 'C11 nothing of an earlier life leaves', () => show(message));

  const named = namedBy(world, side, out, options);
  if (out.named !== undefined && !out.named.lost) {
    holds(
      options === out.options,
      'C3 an explicit id in flight is kept',
      () => `${show(out.options)} → ${show(options)}`,
    );
  }
  holds(hasOnlyRelatedChanged(out, options), 'C8 other options leave as they came', () => show(options));
  const isInferred = !out.isUninferred && !side.isModern;
  if (side.isWatched && isInferred && !side.config.reusesIds) mustReachClient(world, side, out, named);
  out.on = named?.stream;
  // An id may be used again while a message waits for its turn: its place is with the request it was meant for.
  const { chosen } = out;
  const meant = chosen !== undefined && chosen.id === named?.id && !chosen.lost ? chosen : named;
  const order = meant?.order ?? orderUnnamed(side, out);
  const isDecidedAnew = out.waited || out.target !== order;
  const isRerouted = out.waited || (out.target !== undefined && out.target !== order);
  if (message.method === 'notifications/cancelled' && isRerouted) {
    closes(side.factsOf(out.session), (message.params as { readonly requestId?: unknown }).requestId);
  }
  if (out.kind === 'request') {
    if (isDecidedAnew && !out.waited) side.hasRedirected = true;
    const isOpen = out.status === 'pending' && !out.isAbandoned && !side.takenBack.has(message.id);
    if (isDecidedAnew && isOpen) poses(side.factsOf(out.session), message, named);
    const question = { id: message.id as RequestId, out, isAnswered: out.isAbandoned };
    (out.isAbandoned ? side.abandoned : side.questions).push(question);
  }
  return write(world, side, out, order);
}

/** What nothing was inferred about was given its place when it was sent, unless it had to wait. */
function orderUnnamed(side: Side, out: Out): Stream {
  if (out.isUnchanged && out.target !== undefined) return out.target;
  return out.related === undefined ? side.connections.channelOf(out.session) : orderNamedBy(side, out);
}

/** C2: the request that the message leaves with. */
function namedBy(world: World, side: Side, out: Out, options: SendOptions | undefined): Req | undefined {
  const related = options?.relatedRequestId;
  // Of a session nobody can name, and of 2026-era traffic, nothing is inferred.
  const isInferred = out.session !== 'unknown' && !side.isModern;
  if (related === undefined || !isInferred) return undefined;
  const mayName = (req: Req): boolean => {
    if (req.id !== related || req.life !== side.life || req.session !== out.session || req.answerLeft) return false;
    // What waits for its turn may see its request end meanwhile, but not answered.
    if (out !== world.sending || out.message.method === 'notifications/cancelled') return true;
    return isInFlight(req);
  };
  const named = side.requests.findLast((req) => mayName(req) && isInFlight(req)) ?? side.requests.findLast(mayName);
  const isForeign = (req: Req): boolean => req.id === related && req.session !== out.session && isInFlight(req);
  holds(
    named !== undefined || !side.requests.some(isForeign),
    'C7 nothing leaves on the stream of another session',
    () => show([out.message, options]),
  );
  holds(named !== undefined, 'C2 no message leaves with an id that is not in flight', () =>
    show([out.message, options]),
  );
  return named;
}

/** The very same object where nothing changes; else nothing is lost of what came with it, and nothing is added. */
function hasOnlyRelatedChanged(out: Out, options: SendOptions | undefined): boolean {
  if (options?.relatedRequestId === out.options?.relatedRequestId) return options === out.options;
  return isDeepStrictEqual(othersOf(options), othersOf(out.options));
}

function othersOf(options: SendOptions | undefined): object {
  const { relatedRequestId: _, ...others } = options ?? {};
  return others;
}

/** C5: what is written where nobody reads, and nothing is stored, is lost in silence. */
function mustReachClient(world: World, side: Side, out: Out, named: Req | undefined): void {
  const { standalone, answersSeen } = side.connections;
  const { json, modeTold } = side.config;
  if (named === undefined) {
    holds(standalone?.isAlive === true || !side.connections.isSeen, 'C5 nothing is lost in silence', () => {
      return `no standalone stream takes ${show(out.message)}`;
    });
    return;
  }
  const isKnownJson = json && out === world.sending && (modeTold || answersSeen === 'json');
  holds(named.stream.isAlive && !isKnownJson, 'C5 nothing is lost in silence', () => {
    return `the stream of ${show(named.id)} does not take ${show(out.message)}`;
  });
}

/** C1: responses and what is no message leave exactly as they came. */
function responseLeaves(out: Out, options: SendOptions | undefined): Stream | undefined {
  holds(options === out.options, 'C1 a response leaves as it came', () => show(options));
  if (out.answers === undefined) return undefined;
  out.answers.answerLeft = true;
  return out.answers.order;
}

/** The response in whose place the wrapper writes an error. */
function unwritableAnswer(side: Side, { id, error }: JsonRpcMessage): Out | undefined {
  const { code, data } = (error ?? {}) as { readonly code?: unknown; readonly data?: { readonly code?: unknown } };
  if (data?.code !== 'UNWRITABLE_MESSAGE') return undefined;
  const all = [...side.outs.values()].filter((out) => out.kind === 'response' && out.isUnwritable && out.left === 0);
  const out = all.find(({ message, life, status }) => message.id === id && life === side.life && status === 'pending');
  holds(out !== undefined && code === -32603, 'C15 only what cannot be written is replaced by an error', () =>
    show(id),
  );
  return out;
}

/** The wrapper answers for a handler that threw. */
function answerForHandler(world: World, side: Side, message: JsonRpcMessage, options: SendOptions | undefined): Out {
  const isBusy = ({ order }: Req): boolean => side.writes.some(({ stream, isDone }) => stream === order && !isDone);
  const ofId = side.failing.filter(({ req }) => req.id === message.id);
  const at = side.failing.indexOf(ofId.find(({ req }) => !isBusy(req)) ?? (ofId[0] as never));
  const [failing] = at === -1 ? [] : side.failing.splice(at, 1);
  if (failing === undefined) throw new Broken('C7 only what was sent leaves', show(message));
  const { req, nth } = failing;
  const out = world.newOut(side, message, options, { answers: req, nth, session: req.session });
  out.status = 'resolved';
  return out;
}

function write(world: World, side: Side, out: Out, order: Stream | undefined): Promise<void> {
  const { clock } = side;
  if (side.hasStreams && order !== undefined && !side.config.reusesIds) {
    mustBeItsTurn(world, side, out, order);
    mustNotFallIntoGap(side, out, order);
  }
  const begun = (finish?: (error?: Error) => void): Write => {
    const one: Write = { out, stream: order, since: clock.now, isDone: finish === undefined, finish };
    out.write = one;
    side.writes.push(one);
    return one;
  };
  const failure = side.failsNext;
  side.failsNext = 'no';
  if (failure !== 'no') {
    begun();
    failed(side, out);
    if (failure === 'throws') throw new Error('the transport throws');
    return Promise.reject(new Error('the transport rejects'));
  }
  // How long it has waited for the event store counts as well, and is not seen from outside: it is never given up.
  const hasWaited = out !== world.sending && side.connections.store.hasBeenReadSince(out.since);
  if (!side.isSlow || hasWaited) {
    begun();
    written(side, out);
    return Promise.resolve();
  }
  return new Promise((resolve, reject) => {
    const one = begun((error) => {
      one.isDone = true;
      if (error === undefined) {
        written(side, out);
        resolve();
      } else {
        failed(side, out);
        reject(error);
      }
    });
  });
}

/** C4: in the order of the `send()` calls, and not before the one before is written. */
function mustBeItsTurn(world: World, side: Side, out: Out, order: Stream): void {
  const late = side.clock.now - STALL_TIMEOUT_MS;
  const busy = side.writes.find(({ stream, isDone, since }) => stream === order && !isDone && since > late);
  const isReaction = world.innerCalls > 1;
  holds(busy === undefined || isReaction, 'C4 one message at a time', () => {
    return `${show(out.message)} was written during ${show(busy?.out.message)}`;
  });
  if (!side.isOpen || (!out.waited && out.target !== order)) return;
  if (order === side.connections.channel && out.losses !== side.connections.losses) return;
  // It may have had a stream, waited for its turn there, and lost it: what came meanwhile has left before.
  const { losses, requestLosses } = side.connections;
  if (out.waited && (out.losses !== losses || out.requestLosses !== requestLosses)) return;
  const last = out.waited ? order.lastWaited : order.lastSend;
  if (out.waited && !keepsPlace(out)) return;
  holds(out.nth > last, 'C4 the order of send() is kept', () => `${show(out.message)} was overtaken`);
  if (out.waited) order.lastWaited = out.nth;
  else order.lastSend = out.nth;
}

/** C5: what is stored while the event store is read for a client that comes back is shown to nobody. */
function mustNotFallIntoGap({ connections }: Side, out: Out, order: Stream): void {
  const post = connections.postOf(order);
  // It names a request that was answered while it waited, or none: it is stored for no stream.
  if (post === undefined && out.related !== undefined) return;
  const isLost = connections.store.isReadFor(post);
  holds(!isLost, 'C5 nothing is stored behind the back of a client that returns', () => show(out.message));
}

/** What waits for any stream leaves by the first: what waits for a particular one may be overtaken. */
function keepsPlace({ message, options, hasContext }: Out): boolean {
  return (
    !hasContext &&
    message.method === 'elicitation/create' &&
    options?.relatedRequestId === undefined &&
    !('_meta' in (message.params as object))
  );
}

function written(side: Side, out: Out): void {
  if (out.answers !== undefined) side.connections.answered(out.answers);
  const question = side.questions.find((one) => one.out === out);
  if (question !== undefined && side.config.instantClient)
    incomingAnswer(side, question).deliver(side.connections.channel);
}

function failed(side: Side, out: Out): void {
  side.hasFailed = true;
  side.questions = side.questions.filter((one) => one.out !== out);
  if (out.kind === 'request' && out.life === side.life) closes(side.factsOf(out.session), out.message.id);
}
