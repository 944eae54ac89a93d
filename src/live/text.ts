/** Records and calls in words. */
import type { Call, Question } from './entities.js';
import type { EventRecord } from '../telemetry/record.js';
import { callName } from './scene-calls.js';
import { questionLabel } from './scene-questions.js';
import { durationText } from './waits.js';

/** `call navigate 7`. */
export function recordText(record: EventRecord): string {
  switch (record.kind) {
    case 'session-opened':
      return `session opened by ${record.client ?? 'an unnamed client'}`;
    case 'session-ended':
      return `session ended: ${record.reason}`;
    case 'backend-started':
      return 'backend started';
    case 'backend-ended':
      return `backend ended: ${record.reason}`;
    case 'call':
      return `call ${callName(record)}`;
    case 'call-ended':
      return `call ${callName(record)} ended: ${record.outcome}`;
    case 'call-cancelled':
      return `call ${callName(record)} cancelled`;
    case 'progress':
      return `progress${record.call === undefined ? '' : ` of call ${record.call}`}`;
    case 'question':
      return `the backend asks ${record.method} ${record.id}`;
    case 'route':
      return `${record.method}${record.id === undefined ? '' : ` ${record.id}`} ${record.outcome}`;
    case 'answer':
      return `${record.method} ${record.id} answered by the ${record.by}: ${record.outcome}`;
    case 'suspended':
      return `call ${record.id} waits for its client to come back (round ${record.round})`;
    case 'resumed':
      return `call ${record.id}: ${record.outcome} (round ${record.round})`;
    case 'forwarded':
      return `${record.method} passed on to node ${record.toNode}: ${record.outcome}`;
    case 'waiting':
      return `call ${callName(record)} waits for ${durationText(record.forMs)} on the ${record.on}`;
  }
}

export interface Step {
  readonly at: number;
  readonly text: string;
  readonly isBad: boolean;
}

/** What happened to a call, one thing after another. */
export function storyOf(call: Call): Step[] {
  const { startedAt, endedAt, outcome, code, error, cancelledAt } = call;
  const steps: Step[] = [{ at: startedAt, text: `the client calls ${call.method} ${callName(call)}`, isBad: false }];
  for (const question of call.questions) steps.push(...questionStory(question));
  if (cancelledAt !== undefined) steps.push({ at: cancelledAt, text: 'the client cancels it', isBad: false });
  if (endedAt !== undefined) {
    const parts = [outcome, code, error].filter((part) => part !== undefined);
    const text = `ended after ${durationText(endedAt - startedAt)}: ${parts.join(', ')}`;
    steps.push({ at: endedAt, text, isBad: outcome !== 'result' && outcome !== 'cancelled' });
  }
  return steps.sort((one, other) => one.at - other.at);
}

function questionStory(question: Question): Step[] {
  const { askedAt, method, id, routedAt, answeredAt, answer, answeredBy, error, refusal, routed } = question;
  const steps: Step[] = [{ at: askedAt, text: `the backend asks ${method} ${id}`, isBad: false }];
  if (routedAt !== undefined) {
    const isBad = refusal !== undefined || routed === 'parked' || routed === 'orphaned';
    const fate = routed === 'delivered' ? `sent to the client: ${questionLabel(question)}` : questionLabel(question);
    steps.push({ at: routedAt, text: fate, isBad });
  }
  if (answeredAt === undefined) return steps;
  const said = answer === undefined ? 'no answer' : `answered by the ${answeredBy ?? 'client'}: ${answer}`;
  const text = [`${method} ${id}`, said, error].filter((part) => part !== undefined).join(', ');
  return [...steps, { at: answeredAt, text, isBad: answer === 'error' || answer === undefined }];
}
