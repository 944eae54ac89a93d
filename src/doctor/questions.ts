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
  /** Or the first after the second that was not answered. Not tried if the first or the second was not. */
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

/** How many questions a session asks. */
export const TIMES = 20;
const AT_ONCE = 8;

/** Asks again and again in one session, as far as it is told. */
export class Questioning {
  /** What became of each question. By default, the second is asked whatever became of the first. */
  readonly seen: Asked[] = [];
  #client: Client | undefined;

  constructor(private readonly asking: Asking) {}

  /** Asks until so many have been asked, or one was not answered. @param least how many to ask whatever becomes of them */
  async askUpTo(count: number, least = 2): Promise<void> {
    const { open, tool, timeoutMs } = this.asking;
    const client = (this.#client ??= await open());
    while (this.seen.length < count) {
      if (this.seen.length >= least && this.seen.some(hasFailed)) break;
      const tag = `question ${String(this.seen.length + 1)}`;
      this.seen.push(await asked(client, tag, client.startTool(tool('doctor_ask'), { tag }), timeoutMs));
    }
  }

  /** Eight calls at once, each of which asks. */
  async eight(): Promise<readonly Asked[]> {
    const { open, tool, timeoutMs } = this.asking;
    // A call that hangs stays in flight, and would be one more that may have asked.
    if (this.#client === undefined || this.seen.some(({ outcome }) => outcome === 'hangs')) this.#client = await open();
    return observeEight(this.#client, tool('doctor_ask_together'), timeoutMs);
  }

  /** The session is over. */
  forget(): void {
    this.#client = undefined;
  }
}

export async function observeQuestions(asking: Asking): Promise<Questions> {
  const questioning = new Questioning(asking);
  await questioning.askUpTo(TIMES);
  const { seen } = questioning;
  const [first, second] = seen as [Asked, Asked];
  const twentieth = seen.slice(2).find(hasFailed) ?? seen[TIMES - 1];
  return { first, second, twentieth, eight: await questioning.eight() };
}

export function hasFailed({ outcome }: Asked): boolean {
  return outcome !== 'answered';
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
