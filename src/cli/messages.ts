import { JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import { asError } from '../errors.js';
import { answerInPlaceOf } from '../proxy/answers.js';
import type { JsonRpcMessage } from '../routing/message.js';

/** Who is told what a backend says. */
export interface MessageListener {
  message(message: JsonRpcMessage): void;
  error(error: Error): void;
}

/**
 * Reads one message, or, as older servers answer, several. What is no valid message is an error, and where
 * it should have been an answer, one takes its place: somebody waits for it.
 */
export function tellMessages(json: string, listener: MessageListener): void {
  try {
    const value: unknown = JSON.parse(json);
    for (const message of Array.isArray(value) ? value : [value]) tellMessage(message, listener);
  } catch (error) {
    listener.error(asError(error));
  }
}

function tellMessage(value: unknown, listener: MessageListener): void {
  const { success, data, error } = JSONRPCMessageSchema.safeParse(value);
  if (success) {
    listener.message(data);
    return;
  }
  listener.error(error);
  const answer = answerInPlaceOf(value);
  if (answer !== undefined) listener.message(answer);
}
