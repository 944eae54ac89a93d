import type { Question } from './entities.js';
import type { Place } from './place.js';
import { cross, head, label, line, widthOf, type Shape } from './shapes.js';
import { GUTTER } from './time-axis.js';
import { durationText, LATE_MS } from './waits.js';

/** `elicitation/create 3 · sole · waited 2 ms`. */
export function questionLabel({ method, id, routed, evidence, waitedMs, refusal }: Question): string {
  // While it is parked, it waits on.
  const fate = refusal !== undefined ? `refused ${refusal}` : routed === 'delivered' ? undefined : routed;
  const waited = waitedMs === undefined || routed === 'parked' ? undefined : `waited ${durationText(waitedMs)}`;
  return [`${method} ${id}`, evidence, fate, waited].filter((part) => part !== undefined).join(' · ');
}

/** An arrow for each question, and one for its answer. */
export function drawQuestions(place: Place): Shape[] {
  const { lane, view } = place;
  const { from, to } = view.window;
  const shapes: Shape[] = [];
  const labels: Shape[] = [];
  /** Of a question that went well, unless the next arrow crosses it. */
  let quiet: { readonly shape: Shape; readonly right: number; readonly before: number } | undefined;
  let lastX = -1;
  let labelled = -1;
  for (const question of lane.questions) {
    const end = question.answeredAt ?? lane.session.endedAt ?? view.now;
    if (end < from || question.askedAt > to) continue;
    const x = place.scale(question.askedAt);
    const needsLook = question.answeredAt === undefined || question.refusal !== undefined;
    if (x - lastX < 2 && !needsLook) continue;
    lastX = x;
    if (quiet !== undefined) {
      if (quiet.right <= x) labels.push(quiet.shape);
      else labelled = quiet.before;
      quiet = undefined;
    }
    shapes.push(...drawQuestion(place, question));
    if (question.askedAt < from) continue;
    const text = questionLabel(question);
    const isAlarm = isBad(question, view.now);
    const look = isAlarm ? 'alarm' : 'dim';
    const at = place.scale(question.routedAt ?? question.askedAt);
    // Behind the arrow, or before it if there is no room.
    const isBehind = at + 6 + widthOf(text) <= view.width;
    const left = isBehind ? at + 6 : x - 6 - widthOf(text);
    if (left < Math.max(labelled, GUTTER)) continue;
    const before = labelled;
    labelled = left + widthOf(text) + 8;
    const y = place.client + 13;
    const shape = isBehind ? label(look, left, y, text) : label(`${look} before`, x - 6, y, text);
    if (isAlarm) labels.push(shape);
    else quiet = { shape, right: left + widthOf(text), before };
  }
  return [...shapes, ...labels, ...(quiet === undefined ? [] : [quiet.shape])];
}

function isBad({ refusal, routed, routedAt, answeredAt }: Question, now: number): boolean {
  if (refusal !== undefined || routed === 'orphaned') return true;
  if (answeredAt !== undefined) return false;
  return routed === 'parked' || (routedAt !== undefined && now - routedAt >= LATE_MS);
}

function drawQuestion({ lane, scale, view, client, proxy, backend }: Place, question: Question): Shape[] {
  const { askedAt, routedAt = askedAt, routed, refusal, answeredAt, answer, answeredBy } = question;
  const { now } = view;
  const end = answeredAt ?? lane.session.endedAt ?? now;
  const look = isBad(question, now) ? 'bad' : 'good';
  const title = questionLabel(question);
  const asked = scale(askedAt);
  const shapes: Shape[] = [{ ...line(`question ${look}`, asked, backend, asked, proxy), title }];
  const isSent = routed === 'delivered' || routed === 'orphaned';
  const left = scale(isSent || refusal !== undefined ? routedAt : end);
  // How long it waited in the proxy.
  if (left - asked >= 1) shapes.push(line(`parked ${look}`, asked, proxy, left, proxy));
  if (refusal !== undefined) shapes.push(cross('refused', left, proxy, title));
  if (isSent) {
    const until = scale(end);
    shapes.push(line(`question ${look}`, left, proxy, left, client), head(`head ${look}`, left, client, 'up'));
    if (until - left >= 1) shapes.push(line(`turn ${look}`, left, client, until, client));
  }
  if (routed === 'orphaned') shapes.push(cross('lost', left, client, title));
  if (answeredAt === undefined || answer === undefined) return shapes;
  const x = scale(answeredAt);
  if (answeredBy === 'backend') return [...shapes, cross('lost', x, proxy, `${title} · taken back`)];
  const from = answeredBy === 'client' ? client : proxy;
  const kind = answer === 'error' ? 'bad' : 'good';
  return [
    ...shapes,
    { ...line(`answer ${kind}`, x, from, x, backend), title: `${title} · ${answer}` },
    head(`head answer ${kind}`, x, backend, 'down'),
  ];
}
