/**
 * The tools and the prompt that need something from the user, under the names that the scenarios use: the requests that
 * each makes, round by round. A modern backend makes a round a result, a legacy one sends its requests at once.
 */
import type { ElicitRequestFormParams } from '@modelcontextprotocol/sdk/types.js';

type Schema = ElicitRequestFormParams['requestedSchema'];

type Question =
  | { readonly method: 'elicitation/create'; readonly params: ElicitRequestFormParams }
  | { readonly method: 'sampling/createMessage'; readonly params: SamplingParams }
  | { readonly method: 'roots/list'; readonly params: Record<string, never> };

interface SamplingParams {
  readonly messages: { readonly role: 'user'; readonly content: { readonly type: 'text'; readonly text: string } }[];
  readonly maxTokens: number;
}

/** By key: a modern backend names its requests, a legacy one does not. */
export type Round = Readonly<Record<string, Question>>;

export interface Rounds {
  readonly description: string;
  readonly rounds: readonly Round[];
  /** What is said when all is answered. */
  readonly text: string;
  /** Asks only for what the client has declared. */
  readonly onlyDeclared?: boolean;
}

const ROOTS: Question = { method: 'roots/list', params: {} };
const CONFIRMATION = elicit('Please confirm', { ok: { type: 'boolean' } });
const NAME = elicit('What is your name?', { name: { type: 'string' } });
const PREFIX = 'test_input_required_result_';

export const ROUNDS: Readonly<Record<string, Rounds>> = {
  [`${PREFIX}elicitation`]: asking('Asks for a name', [{ user_name: NAME }]),
  [`${PREFIX}sampling`]: asking('Samples', [{ capital_question: sample('What is the capital of France?') }]),
  [`${PREFIX}list_roots`]: asking('Asks for the roots', [{ client_roots: ROOTS }]),
  [`${PREFIX}request_state`]: { ...asking('Keeps a state', [{ confirm: CONFIRMATION }]), text: 'state-ok' },
  [`${PREFIX}tampered_state`]: asking('Refuses a state that is not its own', [{ confirm: CONFIRMATION }]),
  [`${PREFIX}multiple_inputs`]: asking('Makes three requests at once', [
    { user_name: NAME, greeting: sample('Generate a greeting'), client_roots: ROOTS },
  ]),
  [`${PREFIX}multi_round`]: asking('Asks twice', [
    { step1: elicit('Step 1: What is your name?', { name: { type: 'string' } }) },
    { step2: elicit('Step 2: What is your favorite color?', { color: { type: 'string' } }) },
  ]),
  [`${PREFIX}capabilities`]: {
    ...asking('Asks for what the client can do', [{ user_name: NAME, greeting: sample('Generate a greeting') }]),
    onlyDeclared: true,
  },
  test_missing_capability: asking('Cannot do without sampling', [{ greeting: sample('Generate a greeting') }]),
  test_streaming_elicitation: asking('Asks for a name', [{ user_name: NAME }]),
};

/** The prompt that asks. */
export const ASKING_PROMPT = `${PREFIX}prompt`;
export const PROMPT_ROUNDS: Rounds = asking('Asks for a context', [
  { user_context: elicit('What context should the prompt use?', { context: { type: 'string' } }) },
]);

const CAPABILITY = {
  'elicitation/create': 'elicitation',
  'sampling/createMessage': 'sampling',
  'roots/list': 'roots',
} as const;

/** What a round asks of a client with these capabilities. */
export function questionsOf({ onlyDeclared }: Rounds, round: Round, declared: Readonly<object> | undefined): Round {
  if (onlyDeclared !== true) return round;
  const able = Object.entries(round).filter(([, { method }]) => CAPABILITY[method] in (declared ?? {}));
  return Object.fromEntries(able);
}

function asking(description: string, rounds: readonly Round[]): Rounds {
  return { description, rounds, text: 'All is answered.' };
}

function elicit(message: string, properties: Schema['properties']): Question {
  const requestedSchema: Schema = { type: 'object', properties, required: Object.keys(properties) };
  return { method: 'elicitation/create', params: { mode: 'form', message, requestedSchema } };
}

function sample(text: string): Question {
  const messages = [{ role: 'user' as const, content: { type: 'text' as const, text } }];
  return { method: 'sampling/createMessage', params: { messages, maxTokens: 100 } };
}
