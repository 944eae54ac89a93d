/** Calls that a server answers after it has asked back, and the streams on which each of them was asked. */
import { fileURLToPath } from 'node:url';
import type { Arrival, Message, StrictClient } from '../../examples/lib/strict-client.js';
import { textOf } from '../support/stage.js';
import type { Started } from '../cli/support.js';

/** With `PROVENANCE_ROUNDS=20`, the tests of concurrent calls take minutes. */
export const ROUNDS = Number(process.env['PROVENANCE_ROUNDS'] ?? 2);

export const CAPABILITIES = { elicitation: {}, sampling: {}, roots: {} };

export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** A session through the command. */
export async function open(started: Started, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<StrictClient> {
  const { url } = await started.endpoint(args, env);
  return started.client(url, { capabilities: CAPABILITIES });
}

/** Texts of the calls that were asked on streams of others, which is to be empty. */
export async function strayCalls(client: StrictClient, count: number, tool: string, args = {}): Promise<string[]> {
  answerWithStream(client, count);
  const before = client.arrivals.length;
  const calls = Array.from({ length: count }, () => client.start('tools/call', { name: tool, arguments: args }));
  const texts = await Promise.all(calls.map(textOf));
  const strayed = texts.filter((text, index) => !isOnlyOf(text, `POST ${String(calls[index]?.id)}`));
  const logs = client.arrivals.slice(before).filter(({ message, stream }) => isLogOfOther(message, stream));
  return [...strayed, ...logs.map(({ message, stream }) => `${JSON.stringify(message.params)} on ${stream}`)];
}

/** Each answer is the name of the stream that the server request came on, so the result of a call says who was asked. */
function answerWithStream(client: StrictClient, count: number): void {
  let waiting: { readonly message: Message; readonly stream: string }[] = [];
  let isFirst = true;
  const reply = ({ message, stream }: { readonly message: Message; readonly stream: string }): void => {
    const content = { answer: stream, name: stream };
    // The client may be gone by then.
    client.reply(message.id, { action: 'accept', content }).catch(() => undefined);
  };
  client.answer('elicitation/create', (message: Message, { stream }: Arrival) => {
    if (!isFirst) {
      reply({ message, stream });
      return undefined;
    }
    // Nobody is answered before all have asked, and then in another order.
    waiting.push({ message, stream });
    if (waiting.length < count) return undefined;
    isFirst = false;
    waiting.sort(() => Math.random() - 0.5).forEach(reply);
    waiting = [];
    return undefined;
  });
  client.answer('sampling/createMessage', (_, { stream }) => ({
    ...{ role: 'assistant', model: 'none', content: { type: 'text', text: stream } },
  }));
}

function isOnlyOf(text: string, stream: string): boolean {
  const streams = text.match(/POST \d+|GET/g) ?? [];
  return streams.length > 0 && streams.every((name) => name === stream);
}

function isLogOfOther({ method, params }: Message, stream: string): boolean {
  return method === 'notifications/message' && (params as { readonly data: unknown }).data !== stream;
}
