/** Messages of one call, the client holding no standalone stream: sampling, roots, progress, logs. */
import { textOf } from '../../errors.js';
import { toolTextOf, type Call, type Client } from '../client.js';
import type { Finding } from '../findings.js';
import type { Message, ToolName } from '../messages.js';
import type { Stage } from '../stage.js';
import { LATE, within } from '../within.js';

const STEPS = 3;
/** After the answer of its call, a notification on another stream may take a moment. */
const AFTER_MS = 1_000;

export async function sampling(stage: Stage): Promise<Finding> {
  return request(stage, 'doctor_sample', 'sampling/createMessage', 'sample doctor');
}

export async function roots(stage: Stage): Promise<Finding> {
  return request(stage, 'doctor_roots', 'roots/list', 'file:///doctor');
}

export async function progress(stage: Stage): Promise<Finding> {
  return notifications(stage, 'doctor_progress', STEPS, {
    isIt: ({ method, params }) => method === 'notifications/progress' && params?.['progressToken'] === 'token',
    start: (client, tool) => client.startTool(tool, { steps: STEPS }, 'token'),
  });
}

export async function logs(stage: Stage): Promise<Finding> {
  return notifications(stage, 'doctor_log', 1, {
    isIt: ({ method, params }) => method === 'notifications/message' && params?.['data'] === 'log',
    start: (client, tool) => client.startTool(tool, { tag: 'log' }),
  });
}

async function request(stage: Stage, tool: ToolName, method: string, expected: string): Promise<Finding> {
  const client = await stage.open();
  const call = client.startTool(stage.tool(tool), { tag: 'sample' });
  try {
    const answer = await within(stage.timeoutMs, call.answer);
    const stream = client.arrivals.find(({ message }) => message.method === method)?.stream;
    if (answer === LATE)
      return { verdict: 'hangs', detail: stream === undefined ? 'it never came' : 'its answer was lost' };
    const text = toolTextOf(answer);
    if (text !== expected) return { verdict: 'lost', detail: `the backend got '${text}'` };
    return { verdict: 'works', detail: whereOf(stream, call, stage) };
  } catch (error) {
    return { verdict: 'refused', detail: textOf(error) };
  }
}

interface Notified {
  readonly isIt: (message: Message) => boolean;
  readonly start: (client: Client, tool: string) => Call;
}

async function notifications(stage: Stage, name: ToolName, count: number, { isIt, start }: Notified): Promise<Finding> {
  const client = await stage.open();
  const call = start(client, stage.tool(name));
  try {
    const answer = await within(stage.timeoutMs, call.answer);
    if (answer === LATE) return { verdict: 'hangs', detail: 'the call got no answer' };
    toolTextOf(answer);
  } catch (error) {
    return { verdict: 'refused', detail: textOf(error) };
  }
  const come = (): number => client.arrivals.filter(({ message }) => isIt(message)).length;
  await within(
    AFTER_MS,
    client.next(() => come() >= count),
  );
  if (come() < count) return { verdict: 'lost', detail: `${String(come())} of ${String(count)} came` };
  return {
    verdict: 'works',
    detail: whereOf(client.arrivals.find(({ message }) => isIt(message))?.stream, call, stage),
  };
}

function whereOf(stream: string | undefined, { id }: Call, { hasStreams }: Stage): string {
  if (!hasStreams) return 'it came';
  if (stream === `POST ${String(id)}`) return 'on the stream of its call';
  return stream === undefined ? 'answered without the client' : `on ${stream}`;
}
