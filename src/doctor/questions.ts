/** Questions of the backend: what becomes of each, and on whose stream it comes. */
import { textOf } from '../errors.js';
import { toolTextOf, type Call, type Client } from './client.js';
import type { ToolName } from './messages.js';
import { LATE, within } from './within.js';

/** Where a question came. `null`: nowhere. */
export type QuestionStream = 'own' | 'of another call' | 'standalone' | 'pipe' | null;

/** What became of a call that asks. */
export interface Asked {
  /** `crossed`: answered with the answer to another question. */
  readonly outcome: 'answered' | 'crossed' | 'refused' | 'hangs';
  readonly stream: QuestionStream;
  /** What came in the place of an answer. */
  readonly reason?: string;
}

export interface Questions {
  readonly first: Asked;
  readonly second: Asked;
  /** Not tried if the first or the second was not answered. */
  readonly twentieth: Asked | undefined;
  /** Eight calls at once, each of which asks. */
  readonly eight: readonly Asked[];
}

/** A proxy to be asked through. */
export interface Asking {
  /** A new session. */
  readonly open: () => Promise<Client>;
  readonly tool: (name: ToolName) => string;
  readonly timeoutMs: number;
}

const TIMES = 20;
const AT_ONCE = 8;

export async function observeQuestions({ open, tool, timeoutMs }: Asking): Promise<Questions> {
  const client = await open();
  const seen: Asked[] = [];
  while (seen.length < TIMES) {
    if (seen.length === 2 && seen.some(({ outcome }) => outcome !== 'answered')) break;
    const tag = `question ${String(seen.length + 1)}`;
    seen.push(await asked(client, tag, client.startTool(tool('doctor_ask'), { tag }), timeoutMs));
  }
  // A call that hangs stays in flight, and would be one more that may have asked.
  const together = seen.some(({ outcome }) => outcome === 'hangs') ? await open() : client;
  const eight = await observeEight(together, tool('doctor_ask_together'), timeoutMs);
  const [first, second] = seen as [Asked, Asked];
  return { first, second, twentieth: seen[TIMES - 1], eight };
}

async function observeEight(client: Client, tool: string, timeoutMs: number): Promise<readonly Asked[]> {
  const group = crypto.randomUUID();
  const calls = Array.from({ length: AT_ONCE }, (_, index) => {
    const tag = `question ${String(index + 1)} of ${String(AT_ONCE)}`;
    return { tag, call: client.startTool(tool, { tag, group, of: AT_ONCE }) };
  });
  // Each with a time of its own, so that one that hangs does not hide the others.
  return Promise.all(calls.map(async ({ tag, call }) => asked(client, tag, call, timeoutMs)));
}

/** What becomes of a call whose tool asks a question with this tag. */
export async function asked(
  client: Client,
  tag: string,
  call: Call,
  timeoutMs: number,
  expected = `accept ${tag} doctor`,
): Promise<Asked> {
  try {
    const answer = await within(timeoutMs, call.answer);
    const stream = streamOf(client, tag, call);
    if (answer === LATE) return { outcome: 'hangs', stream };
    const text = toolTextOf(answer);
    if (text === expected) return { outcome: 'answered', stream };
    return { outcome: 'crossed', stream, reason: `it got the answer '${text}'` };
  } catch (error) {
    return { outcome: 'refused', stream: streamOf(client, tag, call), reason: textOf(error) };
  }
}

function streamOf({ arrivals }: Client, tag: string, { id }: Call): QuestionStream {
  const question = arrivals.find(({ message }) => message.params?.['message'] === tag);
  if (question === undefined) return null;
  if (question.stream === 'pipe') return 'pipe';
  if (question.stream === 'GET') return 'standalone';
  return question.stream === `POST ${String(id)}` ? 'own' : 'of another call';
}
