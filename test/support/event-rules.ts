/** What holds for the events of a proxy that was watched from its beginning to its end, whatever happened in it. */
import type { ProxyEvent } from 'mcp-backchannel/proxy';

type Id = string | number;

/** What is open in one session. */
interface Open {
  /** Of each id, the calls, the oldest first. */
  readonly calls: Map<Id, { isCancelled: boolean }[]>;
  readonly questions: Set<Id>;
  /** The rounds that wait for the client, by the call. */
  readonly suspended: Map<Id, number>;
  /** Calls whose backend has answered that the user has to visit a page: they are over, and suspended. */
  readonly toVisit: Set<Id>;
  session: 'none' | 'opened' | 'ended';
  backend: 'none' | 'started' | 'ended';
}

/** @returns what does not hold, in words. Nothing if all is well */
export function brokenRules(events: readonly ProxyEvent[]): string[] {
  const broken: string[] = [];
  const sessions = new Map<string | undefined, Open>();
  for (const event of events) {
    const open = sessions.get(event.session) ?? nothingOpen();
    sessions.set(event.session, open);
    for (const rule of [...rulesOfAll(event), ...applied(event, open)])
      broken.push(`${rule}: ${JSON.stringify(event)}`);
  }
  for (const [session, open] of sessions)
    broken.push(...[...leftOpen(open)].map((what) => `${session ?? '-'}: ${what}`));
  return broken;
}

function nothingOpen(): Open {
  return {
    calls: new Map(),
    questions: new Set(),
    suspended: new Map(),
    toVisit: new Set(),
    session: 'none',
    backend: 'none',
  };
}

function* leftOpen({ calls, questions, session, backend }: Open): Iterable<string> {
  for (const [id, open] of calls) if (open.length > 0) yield `call ${JSON.stringify(id)} has no end`;
  for (const id of questions) yield `question ${JSON.stringify(id)} has no answer`;
  if (session === 'opened') yield 'the session has no end';
  if (backend === 'started') yield 'the backend has no end';
}

function* rulesOfAll(event: ProxyEvent): Iterable<string> {
  for (const [name, value] of Object.entries(event))
    if ((name === 'at' || name.endsWith('Ms')) && !(Number.isFinite(value) && value >= 0)) yield `${name} is no time`;
}

function* applied(event: ProxyEvent, open: Open): Iterable<string> {
  const { calls, questions, suspended, toVisit } = open;
  if (open.session === 'ended' && event.kind !== 'resumed' && event.kind !== 'route') yield 'the session is over';
  switch (event.kind) {
    case 'session-opened':
      if (open.session !== 'none') yield 'it was opened before';
      open.session = 'opened';
      return;
    case 'session-ended':
      if (open.session !== 'opened') yield 'it was not opened';
      if (open.backend === 'started') yield 'its backend has not ended';
      yield* leftOpen({ ...open, session: 'ended', backend: 'ended' });
      open.session = 'ended';
      return;
    case 'backend-started':
      if (open.backend !== 'none' || open.session !== 'opened') yield 'it has a backend, or is no session';
      open.backend = 'started';
      return;
    case 'backend-ended':
      if (open.backend !== 'started') yield 'it has no backend';
      open.backend = 'ended';
      return;
    case 'call':
      calls.set(event.id, [...(calls.get(event.id) ?? []), { isCancelled: false }]);
      return;
    case 'call-ended': {
      const all = calls.get(event.id) ?? [];
      const call = event.outcome === 'refused' ? all.pop() : all.shift();
      if (call === undefined) yield 'no such call is open';
      if (event.outcome === 'cancelled' && call?.isCancelled === false) yield 'it was not cancelled';
      if (event.code === URL_NEEDED) toVisit.add(event.id);
      return;
    }
    case 'call-cancelled': {
      const concerned = (calls.get(event.id) ?? []).filter(({ isCancelled }) => !isCancelled);
      if (concerned.length === 0) yield 'no such call is open, or all are cancelled';
      for (const call of concerned) call.isCancelled = true;
      return;
    }
    case 'waiting':
      if ((calls.get(event.id) ?? []).length === 0) yield 'no such call is open';
      return;
    case 'progress':
      if (event.call !== undefined && (calls.get(event.call) ?? []).length === 0) yield 'no such call is open';
      return;
    case 'question':
      if (questions.has(event.id)) yield 'a question with this id is open';
      questions.add(event.id);
      return;
    case 'answer':
      if (!questions.delete(event.id)) yield 'no such question is open';
      return;
    case 'suspended':
      if (suspended.has(event.id)) yield 'it is suspended';
      if ((calls.get(event.id) ?? []).length === 0 && !toVisit.has(event.id)) yield 'no such call is open';
      suspended.set(event.id, event.round);
      return;
    case 'resumed':
      if (suspended.has(event.id) === (event.outcome === 'refused')) yield 'it is not suspended';
      if (suspended.has(event.id) && suspended.get(event.id) !== event.round) yield 'another round is suspended';
      suspended.delete(event.id);
      return;
    case 'route':
    case 'forwarded':
      return;
  }
}

const URL_NEEDED = -32_042;
