/** What to do about what was found, and what to read. */
import { isFault, PROXY_ENDED, type SituationFinding, type SituationId, type Verdict } from './findings.js';

/** A heading of a page: `README.md`, or one in `docs/`. */
export interface Reading {
  readonly page: string;
  readonly heading: string;
}

export interface Advice {
  readonly text: string;
  readonly read: readonly Reading[];
}

interface Rule extends Advice {
  readonly situations: readonly SituationId[];
  readonly verdicts: readonly Verdict[];
  /** What the detail says, where that makes a difference. */
  readonly detail?: RegExp;
}

const readme = (heading: string): Reading => ({ page: 'README.md', heading });
const docs = (page: string, heading: string): Reading => ({ page: `docs/${page}.md`, heading });

const WRITE = readme('I write a proxy');
const RUN = readme("I run somebody's proxy");
const SERVE = readme('I want to serve a server');

const OF_CALLS: readonly SituationId[] = [
  'first',
  'second',
  'twentieth',
  'eight',
  'with-get',
  'eight-with-get',
  'sampling',
  'roots',
  'progress',
  'logs',
];

const NOT_RELAYED = /-32601|Method not found|does not support/i;
/** @see NoSession */
const NO_SESSION = /^no answer to \S+ of a new session$/;
const OVER = /No connection established/i;

/** The first that fits a finding counts. Each is two lines of the screen at most. */
const RULES: readonly Rule[] = [
  {
    situations: [...OF_CALLS, 'dropped-post', 'late-get', 'list-changed', 'cancel', 'two-sessions'],
    verdicts: ['lost'],
    detail: PROXY_ENDED,
    text: 'The proxy does not survive this. Catch what send() of its transport throws.',
    read: [docs('troubleshooting', 'Errors by text')],
  },
  {
    situations: [...OF_CALLS, 'dropped-post', 'late-get', 'list-changed', 'cancel', 'two-sessions'],
    verdicts: ['hangs'],
    detail: NO_SESSION,
    text: 'A new session gets no answer after those before it. Find out what holds it up.',
    read: [docs('troubleshooting', 'It hangs')],
  },
  {
    situations: [...OF_CALLS, 'late-get', 'two-sessions'],
    verdicts: ['refused'],
    detail: NOT_RELAYED,
    text: 'The proxy relays no such request. Add handlers, or serve the backend by our command.',
    read: [WRITE, SERVE],
  },
  {
    situations: OF_CALLS,
    verdicts: ['refused'],
    detail: OVER,
    text: 'The proxy names a call that is over. Wrap its transport, or preload the wrapper.',
    read: [WRITE, RUN],
  },
  {
    situations: ['eight', 'eight-with-get'],
    verdicts: ['crosses'],
    text: 'Concurrent calls look alike to the proxy. Wrap both ends, or serialise the calls.',
    read: [WRITE, docs('routing', 'Concurrent calls')],
  },
  {
    situations: OF_CALLS,
    verdicts: ['hangs', 'lost', 'refused', 'crosses'],
    text: 'Messages reach no stream that the client reads. Wrap the transport, or preload the wrapper.',
    read: [readme('What the SDK does without it'), WRITE, RUN],
  },
  {
    situations: ['dropped-post', 'late-get'],
    verdicts: ['hangs', 'lost', 'refused'],
    text: 'A question without a stream should wait for one, or its sender should get an error.',
    read: [docs('routing', 'Waiting for a stream')],
  },
  {
    situations: ['list-changed'],
    verdicts: ['hangs', 'lost', 'refused'],
    text: 'Relay list_changed, on the GET stream of each client.',
    read: [docs('routing', 'Session-wide messages')],
  },
  {
    situations: ['cancel'],
    verdicts: ['hangs', 'lost', 'refused'],
    text: 'Pass the signal of each call on, so that the backend hears when it is cancelled.',
    read: [docs('doctor', 'A cancelled call')],
  },
  {
    situations: ['two-sessions'],
    verdicts: ['crosses'],
    text: 'Give each client a backend session of its own. A shared one hides whose message it is.',
    read: [docs('routing', 'A backend session shared by several clients')],
  },
  {
    situations: ['two-sessions'],
    verdicts: ['hangs', 'lost', 'refused'],
    text: 'Two sessions at once do not both get an answer. Find out what each is sent.',
    read: [docs('troubleshooting', 'It hangs')],
  },
];

/** Without sessions, nothing that the backend asks can be answered, whatever else is wrong. */
const STATELESS: Advice = {
  text: 'The proxy has no sessions: an answer does not reach the transport that asked. Use sessions.',
  read: [WRITE],
};

export function adviceFor(findings: readonly SituationFinding[], hasSessions = true): readonly Advice[] {
  if (!hasSessions && findings.some(isFault)) return [STATELESS];
  const found = findings.map(({ id, verdict, detail }) =>
    RULES.find(
      (rule) => rule.situations.includes(id) && rule.verdicts.includes(verdict) && (rule.detail?.test(detail) ?? true),
    ),
  );
  return [...new Set(found.flatMap((rule) => rule ?? []))].map(({ text, read }) => ({ text, read }));
}

/** All that may be said, so that a test can look up what it names. */
export const ALL_ADVICE: readonly Advice[] = [...RULES, STATELESS];
