/** What records tell: sessions, their calls, and the questions that the backend asked meanwhile. Knows no clock. */
import type { EventRecord } from '../telemetry/record.js';
import type { Call, Mark, Session } from './entities.js';
import { applyToCall } from './model-calls.js';
import { applyToQuestion } from './model-questions.js';

export class Model {
  readonly sessions = new Map<string, Session>();
  readonly calls: Call[] = [];
  /** Of the first and the last record; 0 if there is none. */
  firstAt = 0;
  lastAt = 0;
  count = 0;

  static of(records: readonly EventRecord[], upTo: number = records.length): Model {
    const model = new Model();
    for (let index = 0; index < upTo && index < records.length; index++) {
      const record = records[index];
      if (record !== undefined) model.apply(record);
    }
    return model;
  }

  apply(record: EventRecord): void {
    this.count++;
    this.firstAt = this.count === 1 ? record.at : Math.min(this.firstAt, record.at);
    this.lastAt = Math.max(this.lastAt, record.at);
    // It is told of HTTP requests, and says nothing of a session's calls.
    if (record.kind === 'forwarded') return;
    const session = this.#session(record);
    switch (record.kind) {
      case 'session-opened':
        session.isOfModern = record.isOfModern;
        break;
      case 'session-ended':
        end(session, record);
        break;
      case 'backend-started':
        session.backendEnded = undefined;
        mark(
          session,
          record.at,
          'backend-started',
          record.pid === undefined ? 'backend started' : `backend started (pid ${record.pid})`,
        );
        break;
      case 'backend-ended':
        // Every backend ends with its session, which is told next.
        if (record.by === 'session') break;
        session.backendEnded = record.reason;
        mark(session, record.at, 'backend-ended', `backend ended: ${record.reason}`);
        break;
      case 'question':
      case 'route':
      case 'answer':
        applyToQuestion(session, record);
        break;
      case 'call':
      case 'call-ended':
      case 'call-cancelled':
      case 'progress':
      case 'suspended':
      case 'resumed':
      case 'waiting':
        applyToCall(session, record, this.calls);
    }
  }

  #session({ session: name = '', node, client, at }: EventRecord): Session {
    const key = `${node ?? ''}/${name}`;
    let session = this.sessions.get(key);
    if (session === undefined) {
      session = {
        key,
        name: name === '' ? 'no session' : name,
        node,
        client,
        isOfModern: false,
        openedAt: at,
        endedAt: undefined,
        endReason: undefined,
        backendEnded: undefined,
        rows: 1,
        calls: [],
        questions: [],
        marks: [],
        inFlight: new Map(),
        taken: [],
        lost: new Map(),
        open: new Map(),
      };
      this.sessions.set(key, session);
    }
    session.client ??= client;
    return session;
  }
}

/** What was in flight gets no answer any more, whether or not its own record comes. */
function end(session: Session, { at, reason }: Extract<EventRecord, { kind: 'session-ended' }>): void {
  session.endedAt = at;
  session.endReason = reason;
  mark(session, at, 'session-ended', `session ended: ${reason}`);
  for (const [id, call] of session.inFlight) {
    session.lost.set(id, call);
    call.endedAt = at;
    call.outcome = 'session-ended';
    call.error = reason;
  }
  for (const question of session.open.values()) {
    question.answeredAt = at;
    question.error = reason;
  }
  session.inFlight.clear();
  session.taken.length = 0;
  session.open.clear();
}

function mark(session: Session, at: number, kind: Mark['kind'], text: string): void {
  session.marks.push({ at, kind, text, call: undefined });
}
