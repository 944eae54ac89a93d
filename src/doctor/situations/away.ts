/** Questions for a client that holds no stream just now: it has dropped one, or has not opened one yet. */
import { randomUUID } from 'node:crypto';
import type { Arrival, Message } from '../messages.js';
import type { Finding } from '../findings.js';
import type { Client } from '../client.js';
import type { Stage } from '../stage.js';
import { LATE, within } from '../within.js';
import { note, wait } from './notes.js';

/** When the backend asks, from the start of its call. */
const ASKS_AFTER_MS = 400;
/** A call is on its way to the backend, and the question not yet asked. */
const DROPS_AFTER_MS = 200;
/** The question has been asked before. */
const OPENS_AFTER_MS = 1_000;

/** The client drops the POST of a call, which then asks. It holds the standalone stream, if there is one. */
export async function droppedPost(stage: Stage): Promise<Finding> {
  if (!stage.hasStreams) return { verdict: 'unsupported', detail: 'calls have no streams of their own' };
  const client = await stage.openWithGet();
  const tag = `dropped ${randomUUID()}`;
  const { exchange } = client.startTool(stage.tool('doctor_ask_later'), { tag, ms: ASKS_AFTER_MS });
  await wait(DROPS_AFTER_MS);
  exchange.drop();
  const { question, noted } = await outcomeOf(stage, client, tag);
  if (question !== undefined) return answered(noted, question);
  if (noted === 'cancelled') return { verdict: 'works', detail: 'the backend was told that the call is cancelled' };
  return toldOrLost(noted);
}

/** A question with no call in flight, asked before the client opens its standalone stream. */
export async function lateGet(stage: Stage): Promise<Finding> {
  if (!stage.hasStreams) return { verdict: 'unsupported', detail: 'the one stream is open from the beginning' };
  const client = await stage.open();
  const tag = `late ${randomUUID()}`;
  const asking = client.callTool(stage.tool('doctor_ask_afterwards'), { tag, ms: ASKS_AFTER_MS });
  if ((await within(stage.timeoutMs, asking)) === LATE) return { verdict: 'hangs', detail: 'the call got no answer' };
  await wait(OPENS_AFTER_MS);
  const standalone = await client.wire.openStandalone();
  if (standalone === 'none') return { verdict: 'unsupported', detail: 'there is no GET stream' };
  const { question, noted } = await outcomeOf(stage, client, tag);
  return question === undefined ? toldOrLost(noted) : answered(noted, question);
}

/** What has become of the question when the time of one call is over, or before. */
async function outcomeOf(
  stage: Stage,
  client: Client,
  tag: string,
): Promise<{ readonly question: Arrival | undefined; readonly noted: string }> {
  const isIt = ({ params }: Message): boolean => params?.['message'] === tag;
  // Whoever asks the backend has a call in flight, whose stream may carry the question.
  await within(stage.timeoutMs / 2, client.next(isIt));
  const noted = await note(stage, client, tag, isOver, stage.timeoutMs / 2).catch((): typeof LATE => LATE);
  return {
    // It may have waited for that stream.
    question: client.arrivals.find(({ message }) => isIt(message)),
    noted: noted === LATE ? 'nothing' : noted,
  };
}

function answered(noted: string, { stream }: Arrival): Finding {
  const where = stream === 'GET' ? 'on the GET stream' : 'on the stream of a later call';
  if (noted.startsWith('answered')) return { verdict: 'works', detail: where };
  return { verdict: 'lost', detail: `the question came ${where}, and its answer was lost` };
}

/** Nobody could be asked. It works if the backend knows. */
function toldOrLost(noted: string): Finding {
  if (noted.startsWith('refused')) return { verdict: 'works', detail: `the backend was told: ${noted.slice(9)}` };
  const rest = noted === 'asked' ? 'and the backend still waits' : 'and the backend does not tell why';
  return { verdict: 'lost', detail: `the question never came, ${rest}` };
}

function isOver(noted: string): boolean {
  return noted !== 'nothing' && noted !== 'asked';
}
