/** What the client sends, and what the server's handlers do with it at once. */
import { AsyncResource } from 'node:async_hooks';
import type { JsonRpcMessage, RequestId } from '../../../src/routing/message.js';
import { answers, cancels, closes, receives } from './reference.js';
import type { Incoming } from './connections.js';
import { holds, show, type Out, type Question, type Req, type Stream } from './records.js';
import type { Side } from './side.js';
import type { Eagerness, World } from './world.js';

export interface ClientRequest {
  readonly id: RequestId;
  readonly method: string;
  readonly token: RequestId | undefined;
  readonly taskId: string;
  readonly session: string;
  readonly eagerness: Eagerness;
}

/** A request, ready to be delivered on the stream of its POST. */
export function incomingRequest(world: World, side: Side, asked: ClientRequest): Incoming {
  const { token, eagerness } = asked;
  // Our own transport has been initialized.
  const method = side.own !== undefined && asked.method === 'initialize' ? 'tools/list' : asked.method;
  const id = side.idFor(asked);
  const taskId = method.startsWith('tasks/') ? asked.taskId : undefined;
  const isModern = side.isModern;
  const meta = {
    ...(token !== undefined && { progressToken: token }),
    ...(isModern && { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }),
  };
  const message = { jsonrpc: '2.0', id, method, params: { _meta: meta, ...(taskId !== undefined && { taskId }) } };
  const deliver = (stream: Stream): void => {
    side.begin();
    const session = side.sessionNamed(asked.session);
    const req: Req = {
      id,
      method,
      token,
      taskId: method === 'tasks/result' ? taskId : undefined,
      state: 'in-flight',
      // Who calls `handleRequest` may have lost the client meanwhile.
      lost: false,
      streaming: false,
      side,
      life: side.life,
      session,
      outer: world.outerFor(side),
      inherited: side.inheritsContext ? world.ambient : world.outerFor(side),
      stream,
      order: side.config.kind === 'unwatched' ? side.connections.unseen() : stream,
      handler: undefined,
      answerLeft: false,
    };
    const facts = side.factsOf(session);
    facts.modern = isModern;
    receives(facts, req);
    side.connections.begunAt ??= side.clock.now;
    side.requests.push(req);
    stream.requests.push(req);
    world.arriving = { message, req, eagerness };
    hand(side, message, session);
  };
  return { message, deliver };
}

/** A notification that takes a request back. */
export function incomingCancellation(side: Side, req: Req): Incoming {
  const message = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: req.id } };
  const deliver = (): void => {
    side.begin();
    cancels(side.factsOf(req.session), req.id);
    hand(side, message, req.session);
  };
  return { message, deliver };
}

/** The client's answer to a question. */
export function incomingAnswer(side: Side, question: Question): Incoming {
  const { id, out } = question;
  const message = { jsonrpc: '2.0', id, result: { to: question.out.nth } };
  const deliver = (): void => {
    const isTooLate = question.isAnswered && side.config.kind !== 'several';
    question.isAnswered = true;
    side.questions = side.questions.filter((one) => one !== question);
    side.abandoned = side.abandoned.filter((one) => one !== question);
    closes(side.factsOf(out.session), id);
    const reported = side.errors.length;
    hand(side, message, out.session, isTooLate);
    if (isTooLate) {
      const last = side.errors.slice(reported).map(({ code }) => code);
      holds(last.includes('ORPHANED'), 'C5 a late answer is reported', () => show(last));
    }
  };
  return { message, deliver };
}

/** What is no message at all comes through as it is. */
export function incomingGarbage(side: Side, message: unknown, session: string): Incoming {
  return {
    message: message as JsonRpcMessage,
    deliver: () => {
      side.begin();
      hand(side, message as JsonRpcMessage, side.sessionNamed(session));
    },
  };
}

function hand(side: Side, message: JsonRpcMessage, session: string | undefined, isDropped = false): void {
  const extra = { session };
  const due = { message, extra };
  if (!isDropped) side.expected.push(due);
  side.inner.onmessage?.(message, extra);
  holds(!side.expected.includes(due), 'C8 what comes in is handed over at once', () => show(message));
}

/** The server gets a message. */
export function receiveAtServer(world: World, side: Side, message: JsonRpcMessage, extra: unknown): void {
  const due = side.expected.findIndex((one) => one.message === message);
  if (due === -1) {
    receiveInPlaceOfClient(side, message);
    return;
  }
  const [{ extra: sent } = {}] = side.expected.splice(due, 1);
  holds(sent === extra, 'C8 extra arrives as it came', () => show(extra));
  const { arriving } = world;
  // While a request arrives, what has waited for it leaves, and may be answered before it is handed over.
  if (arriving?.message !== message) return;
  world.arriving = undefined;
  const { req, eagerness } = arriving;
  req.handler = new AsyncResource('handler');
  world.onBehalfOf(req, () => {
    react(world, side, req, eagerness);
  });
}

function react(world: World, side: Side, req: Req, eagerness: Eagerness): void {
  const { session } = req;
  switch (eagerness) {
    case 'waits':
      return;
    case 'asks':
      world.ask(side, { session });
      return;
    case 'notifies':
      world.notify(side, { session });
      return;
    case 'answers':
      world.answer(side, req, false, undefined);
      return;
    case 'throws':
      side.failing.push({ req, nth: world.nextSend() });
      answers(side.factsOf(session), req.id);
      side.throws('handler');
  }
}

/** An error answer that no client gave: the one that asked would wait for ever. */
function receiveInPlaceOfClient(side: Side, message: JsonRpcMessage): void {
  const { data } = (message.error ?? {}) as { readonly data?: { readonly code?: string } };
  holds(data?.code === 'ORPHANED', 'C7 only what the client sent comes in', () => show(message));
  const isAsked = ({ kind, life, message: { id }, session, isAbandoned }: Out): boolean =>
    kind === 'request' && life === side.life && id === message.id && session !== 'unknown' && !isAbandoned;
  // One that waits for its turn is open already; one whose write was given up may have looked for another stream.
  const all = [...side.outs.values()].filter(isAsked);
  const later = all.filter((one) => !isOpen(side, one) && (one.left === 0 || one.status === 'rejected'));
  const asked = [...all.filter((one) => isOpen(side, one)), ...later];
  if (side.config.reusesIds && asked.length === 0) return;
  holds(asked.length > 0, 'C5 only open questions are answered in the place of the client', () => show(message));
  // With several sessions, the answer does not tell whose question it was.
  const out = asked.find((one) => mayBeAbandoned(side, one));
  holds(out !== undefined, 'C5 nobody is timed out who may be thinking', () => show(message));
  out.isAbandoned = true;
  // Of several that may be meant, it may have been another.
  if (asked.length > 1) side.hasRedirected = true;
  closes(side.factsOf(out.session), message.id);
  const question = side.questions.find((one) => one.out === out);
  if (question === undefined) return;
  question.isAnswered = true;
  side.questions = side.questions.filter((one) => one !== question);
  side.abandoned.push(question);
}

function mayBeAbandoned(side: Side, { on, chosen, since, left }: Out): boolean {
  const { orphanTimeoutMs } = side.config;
  const { open, lastContact } = side.connections;
  const { now } = side.clock;
  const isGone = open === 0 && now - lastContact >= orphanTimeoutMs;
  const hasLeft = [on, chosen?.stream].some((stream) => stream?.isConnected === false);
  // What waits for its turn may have looked for another stream, one that was lost and can be resumed.
  const mayHaveLeft = left === 0 && side.config.store;
  const isStored = (hasLeft || mayHaveLeft) && now - since >= orphanTimeoutMs;
  return orphanTimeoutMs > 0 && (isGone || isStored);
}

function isOpen(side: Side, { session, message }: Out): boolean {
  return side.factsOf(session).questions.some(({ id, open }) => open && id === message.id);
}
