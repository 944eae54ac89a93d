import { shown, shownMethod } from '../interceptor/report.js';
import { assertNever } from '../routing/assert-never.js';
import type { RequestId } from '../routing/message.js';
import { shortened } from '../shortened.js';
import type { EventRecord } from '../telemetry/record.js';

type Of<Kind extends EventRecord['kind']> = Extract<EventRecord, { readonly kind: Kind }>;

/** Clients with longer names push their lines to the right. */
const CLIENT_WIDTH = 12;

const SESSION_WIDTH = 8;

/** The other side, or the transport, chooses what an error says. No more of it is shown than this. */
const MAX_TEXT_LENGTH = 200;

/**
 * The line of an event: time (UTC), session, client, and what happened. `undefined` for a question: the line of its
 * route, which follows at once, says all that this one would.
 *
 * The line may hold control characters from the other side. Whoever writes it must make them visible.
 */
export function lineOf(event: EventRecord): string | undefined {
  const what = wordsOf(event);
  if (what === undefined) return undefined;
  const { at, node, session = '-', client } = event;
  const who = [
    timeOfDay(at),
    ...(node === undefined ? [] : [`node ${node}`]),
    session.padEnd(SESSION_WIDTH),
    (client === undefined ? '-' : shownMethod(client)).padEnd(CLIENT_WIDTH),
  ];
  return `${who.join(' ')} ${what}`;
}

function wordsOf(event: EventRecord): string | undefined {
  switch (event.kind) {
    case 'session-opened':
      return event.isOfModern ? 'session opened, for calls of clients without sessions' : 'session opened';
    case 'session-ended':
      return sessionEnded(event);
    case 'backend-started':
      return event.pid === undefined ? 'backend started' : `backend started, pid ${event.pid}`;
    case 'backend-ended':
      return backendEnded(event);
    case 'call':
      return `${named(event)} → backend`;
    case 'call-ended':
      return callEnded(event);
    case 'call-cancelled':
      return `${named(event)} cancelled by the client${because(event.reason)}`;
    case 'progress':
      return progressed(event);
    case 'question':
      return undefined;
    case 'route':
      return routed(event);
    case 'answer':
      return answered(event);
    case 'suspended':
      return `${round(event)} asked: ${event.inputs.map(shownMethod).join(', ')}`;
    case 'resumed':
      return `${round(event)} ${event.outcome}${afterMs(event.waitedMs)}`;
    case 'forwarded':
      return `${shownMethod(event.method)} → node ${shownMethod(event.toNode)}: ${event.outcome}`;
    case 'waiting':
      return `${named(event)} has had no answer for ${duration(event.forMs)}: ${waitsFor(event)}`;
    default:
      return assertNever(event);
  }
}

function sessionEnded({ by, durationMs, reason }: Of<'session-ended'>): string {
  return `session ended: ${by}${afterMs(durationMs)}${because(reason)}`;
}

function backendEnded({ exitCode, signal, reason }: Of<'backend-ended'>): string {
  const how = exitCode === undefined ? signal : `exit code ${exitCode}`;
  return `backend ended${how === undefined ? '' : `, ${how}`}${because(reason)}`;
}

function callEnded(event: Of<'call-ended'>): string {
  const { outcome, code, durationMs, error } = event;
  const why = code === undefined ? outcome : `${outcome} ${code}`;
  return `${named(event)} ended: ${why}${afterMs(durationMs)}${because(error)}`;
}

function progressed({ call, progress, total }: Of<'progress'>): string {
  const whose = call === undefined ? 'no call in flight' : `call ${shown(call)}`;
  return `progress of ${whose}: ${progress ?? '?'}${total === undefined ? '' : ` of ${total}`}`;
}

function routed({ id, method, to, call, evidence, outcome, error, waitedMs }: Of<'route'>): string {
  const target = to === 'request' ? `call ${shown(call)}` : to;
  const why = evidence === undefined ? '' : ` (${evidence})`;
  const isCode = error !== undefined && /^[A-Z_]+$/.test(error);
  const became = `${outcome}${isCode ? ` ${error}` : ''}${afterMs(waitedMs)}${isCode ? '' : because(error)}`;
  return `${named({ id, method })} → ${target}${why}: ${became}`;
}

function answered(event: Of<'answer'>): string {
  const { by, outcome, durationMs, error } = event;
  const who = by === 'client' ? '' : ` by the ${by}`;
  return outcome === 'taken-back'
    ? `${named(event)} taken back${who}${afterMs(durationMs)}${because(error)}`
    : `${named(event)} answered${who}: ${outcome}${afterMs(durationMs)}${because(error)}`;
}

/** `tools/call 7 (9 of the client) round 1`: each repetition of a call has another id. */
function round(event: Of<'suspended' | 'resumed'>): string {
  return `${named(event)} (${shown(event.clientId)} of the client) round ${event.round}`;
}

function waitsFor({ on, question, refusal }: Of<'waiting'>): string {
  const name = question && named(question);
  switch (on) {
    case 'backend':
      if (name === undefined || refusal === undefined) return 'waiting for the backend';
      return `waiting for the backend, whose ${name} was refused (${cut(refusal)})`;
    case 'client':
      return `waiting for the client's answer${name === undefined ? '' : ` to ${name}`}`;
    case 'stream':
      return `waiting for a stream to the client${name === undefined ? '' : `, for ${name}`}`;
    case 'turn':
      return 'waiting for its turn: an older call of the session has no answer';
    default:
      return assertNever(on);
  }
}

/** `tools/call 7 (deploy)` */
function named({
  id,
  method,
  target,
}: {
  readonly id: RequestId | undefined;
  readonly method: string;
  readonly target?: string | undefined;
}): string {
  const name = id === undefined ? shownMethod(method) : `${shownMethod(method)} ${shown(id)}`;
  return target === undefined ? name : `${name} (${shownMethod(target)})`;
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${cut(reason)}`;
}

function cut(text: string): string {
  return shortened(text, MAX_TEXT_LENGTH);
}

function afterMs(ms: number): string {
  return `, after ${duration(ms)}`;
}

/** `2 ms`, `4.8 s`, `1 m 30 s` or `2 h 5 m`. */
function duration(ms: number): string {
  if (Math.round(ms) < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 59.95) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours > 0) return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} m`;
  return rest === 0 ? `${minutes} m` : `${minutes} m ${rest} s`;
}

/** The time in UTC, such as `20:15:03.042Z`. */
function timeOfDay(at: number): string {
  return new Date(at).toISOString().slice('2026-11-28T'.length);
}
