import type { RequestId } from '../routing/message.js';
import type { EventRecord } from '../telemetry/record.js';
import { keyOf, type Call, type Question, type Session } from './entities.js';

type OfQuestion = Extract<EventRecord, { kind: 'question' | 'route' | 'answer' }>;

export function applyToQuestion(session: Session, record: OfQuestion): void {
  const { at } = record;
  switch (record.kind) {
    case 'question':
      ask(session, record, at);
      return;
    case 'route':
      if (record.id === undefined) note(session, record);
      else route(openOf(session, record.id) ?? ask(session, { ...record, id: record.id }, at), session, record);
      return;
    case 'answer': {
      const question = openOf(session, record.id) ?? ask(session, record, at - record.durationMs);
      question.answeredAt = at;
      question.answer = record.outcome;
      question.answeredBy = record.by;
      question.error = record.error;
      session.open.delete(keyOf(record.id));
    }
  }
}

function openOf(session: Session, id: RequestId): Question | undefined {
  return session.open.get(keyOf(id));
}

export function ask(session: Session, { id, method }: Pick<Question, 'id' | 'method'>, askedAt: number): Question {
  const question: Question = {
    id,
    method,
    askedAt,
    call: undefined,
    routed: undefined,
    routedAt: undefined,
    evidence: undefined,
    waitedMs: undefined,
    refusal: undefined,
    answeredAt: undefined,
    answer: undefined,
    answeredBy: undefined,
    error: undefined,
  };
  session.questions.push(question);
  session.open.set(keyOf(id), question);
  return question;
}

function route(question: Question, session: Session, record: Extract<EventRecord, { kind: 'route' }>): void {
  const { at, outcome, evidence, waitedMs, error, call } = record;
  question.routed = outcome;
  question.routedAt = at;
  question.evidence = evidence ?? question.evidence;
  question.waitedMs = waitedMs;
  if (outcome === 'refused' || outcome === 'failed') question.refusal = error ?? outcome;
  if (question.call !== undefined) return;
  question.call = call === undefined ? onlyIn(session) : session.inFlight.get(keyOf(call));
  question.call?.questions.push(question);
}

/** Of a question that was put on no call's stream. */
function onlyIn({ inFlight }: Session): Call | undefined {
  return inFlight.size === 1 ? inFlight.values().next().value : undefined;
}

function note(session: Session, record: Extract<EventRecord, { kind: 'route' }>): void {
  const { at, method, outcome, error, evidence, call } = record;
  const isLost = outcome !== 'delivered' && outcome !== 'parked';
  session.marks.push({
    at,
    kind: isLost ? 'lost-notification' : 'notification',
    text: [method, evidence, outcome, error].filter(Boolean).join(' · '),
    call: call === undefined ? undefined : session.inFlight.get(keyOf(call)),
  });
}
