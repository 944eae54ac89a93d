/** The tools of the backend that asks. Each makes one situation happen. */
import { setTimeout } from 'node:timers/promises';
import { textOf } from '../../errors.js';
import type { Message, RequestId, ToolName } from '../messages.js';

/** How long calls wait for one more of their group: a proxy may let one through at a time. */
const TOGETHER_MS = 100;

interface Meeting {
  readonly waiting: (() => void)[];
  readonly timer: NodeJS.Timeout | undefined;
}

/** State that the calls of a session share. */
export interface SessionState {
  /** What became of questions and calls whose caller may be gone. */
  readonly notes: Map<string, string>;
  readonly memory: Map<string, unknown>;
  /** Calls that wait for each other, by the name of their group. */
  readonly meetings: Map<string, Meeting>;
}

/** A call under way, and what its tool can do. */
export interface ToolCall extends SessionState {
  readonly args: Readonly<Record<string, unknown>>;
  readonly progressToken: RequestId | undefined;
  /** Aborted when the call is cancelled. */
  readonly signal: AbortSignal;
  /** Asks the client, on behalf of this call. */
  readonly request: (method: string, params?: Message['params']) => Promise<unknown>;
  readonly notify: (method: string, params: NonNullable<Message['params']>) => void;
  /** The same, with no call to belong to. */
  readonly requestOutside: (method: string, params?: Message['params']) => Promise<unknown>;
  readonly notifyOutside: (method: string) => void;
}

interface Tool {
  readonly description: string;
  readonly run: (call: ToolCall) => Promise<string>;
}

export const TOOLS: Readonly<Record<ToolName, Tool>> = {
  doctor_echo: {
    description: 'Gives back its text',
    run: async ({ args }) => Promise.resolve(String(args['text'])),
  },
  doctor_ask: {
    description: 'Asks the user, and gives back the answer',
    run: async ({ args, request }) => answerOf(await request('elicitation/create', questionOf(args))),
  },
  doctor_ask_together: {
    description: 'Asks when as many calls as `of` says have come in',
    run: async ({ args, request, meetings }) => {
      await meet(meetings, String(args['group']), Number(args['of']));
      return answerOf(await request('elicitation/create', questionOf(args)));
    },
  },
  doctor_ask_later: {
    description: 'Asks after `ms`, and notes what came of it: the caller may be gone by then',
    run: async ({ args, notes, signal, request }) => {
      signal.addEventListener('abort', () => notes.set(tagOf(args), 'cancelled'));
      await setTimeout(Number(args['ms']));
      if (!signal.aborted) await noted(notes, tagOf(args), request('elicitation/create', questionOf(args)));
      return notes.get(tagOf(args)) ?? '';
    },
  },
  doctor_ask_afterwards: {
    description: 'Returns at once, and asks after `ms`: when no call is in flight',
    run: async ({ args, notes, requestOutside }) => {
      const ask = async (): Promise<void> => {
        await setTimeout(Number(args['ms']));
        await noted(notes, tagOf(args), requestOutside('elicitation/create', questionOf(args)));
      };
      void ask();
      return Promise.resolve('will ask');
    },
  },
  doctor_sample: {
    description: 'Asks the model of the client',
    run: async ({ args, request }) => {
      const content = { type: 'text', text: tagOf(args) };
      const sampled = await request('sampling/createMessage', { messages: [{ role: 'user', content }], maxTokens: 10 });
      return String((sampled as { content?: { text?: unknown } }).content?.text);
    },
  },
  doctor_roots: {
    description: 'Asks for the roots of the client',
    run: async ({ request }) => {
      const { roots = [] } = (await request('roots/list')) as { roots?: { uri: string }[] };
      return roots.map(({ uri }) => uri).join(' ');
    },
  },
  doctor_progress: {
    description: 'Reports progress `steps` times',
    run: async ({ args, progressToken, notify }) => {
      const total = Number(args['steps']);
      for (let progress = 1; progressToken !== undefined && progress <= total; progress++)
        notify('notifications/progress', { progressToken, progress, total });
      return Promise.resolve(progressToken === undefined ? 'no progress token came' : 'reported');
    },
  },
  doctor_log: {
    description: 'Logs its tag',
    run: async ({ args, notify }) => {
      notify('notifications/message', { level: 'info', logger: 'doctor', data: tagOf(args) });
      return Promise.resolve('logged');
    },
  },
  doctor_change_tools: {
    description: 'Returns at once, and says after `ms` that its tools have changed',
    run: async ({ args, notifyOutside }) => {
      void setTimeout(Number(args['ms'])).then(() => notifyOutside('notifications/tools/list_changed'));
      return Promise.resolve('will change');
    },
  },
  doctor_hold: {
    description: 'Answers only if it is cancelled within `ms`: with a note of that',
    run: async ({ args, notes, signal }) => {
      notes.set(tagOf(args), 'held');
      signal.addEventListener('abort', () => notes.set(tagOf(args), 'cancelled'));
      await setTimeout(Number(args['ms']), undefined, { signal }).catch(() => undefined);
      return signal.aborted ? 'cancelled' : 'not cancelled';
    },
  },
  doctor_noted: {
    description: 'Tells what was noted under a tag',
    run: async ({ args, notes }) => Promise.resolve(notes.get(tagOf(args)) ?? 'nothing'),
  },
  doctor_remember: {
    description: 'Keeps a value in the session',
    run: async ({ args, memory }) => {
      memory.set(String(args['key']), args['value']);
      return Promise.resolve('remembered');
    },
  },
  doctor_recall: {
    description: 'Gives back a value that the session keeps',
    run: async ({ args, memory }) => Promise.resolve(JSON.stringify(memory.get(String(args['key'])) ?? null)),
  },
};

function tagOf(args: ToolCall['args']): string {
  return String(args['tag']);
}

function questionOf(args: ToolCall['args']): NonNullable<Message['params']> {
  const requestedSchema = { type: 'object', properties: { answer: { type: 'string' } } };
  return { message: tagOf(args), requestedSchema };
}

function answerOf(result: unknown): string {
  const { action, content } = result as { action?: string; content?: { answer?: string } };
  return `${String(action)} ${content?.answer ?? ''}`.trim();
}

/** `asked` until there is an answer. */
async function noted(notes: SessionState['notes'], tag: string, asked: Promise<unknown>): Promise<void> {
  notes.set(tag, 'asked');
  notes.set(
    tag,
    await asked.then(
      (result) => `answered: ${answerOf(result)}`,
      (error: unknown) => `refused: ${textOf(error)}`,
    ),
  );
}

/** Resolves when all are here, or when no more have come for a while. */
async function meet(meetings: SessionState['meetings'], group: string, of: number): Promise<void> {
  const { waiting, timer } = meetings.get(group) ?? { waiting: [], timer: undefined };
  clearTimeout(timer);
  await new Promise<void>((resolve) => {
    waiting.push(resolve);
    const go = (): void => {
      meetings.delete(group);
      for (const each of waiting) each();
    };
    if (waiting.length >= of) go();
    else meetings.set(group, { waiting, timer: globalThis.setTimeout(go, TOGETHER_MS) });
  });
}
