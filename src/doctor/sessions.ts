/** Two sessions at once, whose clients use the same request ids: whether anything of one reaches the other. */
import { randomUUID } from 'node:crypto';
import type { Client } from './client.js';
import { asked, type Asked, type Asking } from './questions.js';
import { LATE, within } from './within.js';

export interface TwoSessions {
  /** What each asked. */
  readonly questions: readonly [Asked, Asked];
  /** Methods of messages that came to the other session, and `tools/call` for answers. */
  readonly crossed: readonly string[];
  /** A call that asks nothing got no answer in time. Then no other was tried. */
  readonly isSilent: boolean;
  /** Two sessions with the same request ids each got their own answers. */
  readonly answersIsolated: boolean;
  /** A value that one call sets is there in the next of the same session. */
  readonly stateful: boolean;
  /** The other session does not see it: each has a session of the backend to itself. */
  readonly backendPerSession: boolean;
}

export interface AskingTwo extends Omit<Asking, 'open'> {
  /** A new session, which holds its standalone stream. Its client answers with this name. */
  readonly open: (name: string) => Promise<Client>;
}

const ECHOES = 25;
/** What should not come cannot be waited for. */
const STRAY_MS = 300;
const NAMES = ['one', 'two'] as const;
const NOT_ASKED: Asked = { outcome: 'hangs', stream: null };

export async function observeTwoSessions({ open, tool, timeoutMs }: AskingTwo): Promise<TwoSessions> {
  const one = await open('one');
  const two = await open('two');
  const clients = [one, two] as const;

  let isSilent = false as boolean;
  const call = async (client: Client, name: string, args: Readonly<Record<string, unknown>>): Promise<string> => {
    const text = isSilent ? LATE : await within(timeoutMs, client.callTool(name, args)).catch(() => '');
    isSilent ||= text === LATE;
    return text === LATE ? '' : text;
  };
  const key = randomUUID();
  await call(one, tool('doctor_remember'), { key, value: 'one' });
  await call(two, tool('doctor_echo'), { text: 'for the same ids' });
  const stateful = (await call(one, tool('doctor_recall'), { key })) === '"one"';
  const backendPerSession = (await call(two, tool('doctor_recall'), { key })) === 'null';

  let isMixedUp = false as boolean;
  const echoed = Array.from({ length: ECHOES }, (_, index) =>
    clients.map(async (client, which) => {
      const text = `${NAMES[which] ?? ''} ${String(index)}`;
      const got = await call(client, tool('doctor_echo'), { text });
      isMixedUp ||= got !== '' && got !== text;
      return got === text;
    }),
  ).flat();
  const answersIsolated = (await Promise.all(echoed)).every(Boolean);
  const seen = { answersIsolated, stateful, backendPerSession };
  if (isSilent)
    return { ...seen, isSilent, crossed: isMixedUp ? ['tools/call'] : [], questions: [NOT_ASKED, NOT_ASKED] };

  const talk = async (client: Client, name: string): Promise<Asked> => {
    const logged = client.startTool(tool('doctor_log'), { tag: name });
    const reported = client.startTool(tool('doctor_progress'), { steps: 1 }, name);
    const asking = client.startTool(tool('doctor_ask'), { tag: name });
    const others = within(timeoutMs, Promise.allSettled([logged.answer, reported.answer]));
    const question = await asked(client, name, asking, timeoutMs, `accept ${name} ${name}`);
    await others;
    return question;
  };
  const questions = await Promise.all([talk(one, 'one'), talk(two, 'two')]);
  await new Promise((resolve) => setTimeout(resolve, STRAY_MS));
  const crossed = new Set([...strangers(one, 'two'), ...strangers(two, 'one')]);
  if (isMixedUp || questions.some(({ outcome }) => outcome === 'crossed')) crossed.add('tools/call');
  return { ...seen, isSilent, crossed: [...crossed], questions };
}

/** The methods of messages that were meant for the other. */
function strangers({ arrivals }: Client, other: string): string[] {
  const ofOther = arrivals.filter(({ message: { params } }) =>
    [params?.['message'], params?.['data'], params?.['progressToken']].includes(other),
  );
  return ofOther.map(({ message }) => message.method ?? '');
}
