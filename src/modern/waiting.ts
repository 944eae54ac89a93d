/** A call that waits for its client to repeat it, as the door keeps it. */
import type { RequestId } from '../routing/message.js';
import type { AnswerWriter } from './answer-writer.js';
import type { ModernCall } from './envelope.js';
import type { Post, Suspended } from './host.js';
import { invalidParams, type Refusal } from './refusal.js';
import type { RoundTeller } from './round-events.js';

/** A call that waits for its client, and who tells of it. */
export interface Waiting {
  readonly call: Suspended;
  readonly rounds: RoundTeller;
}

/** The client has repeated its call. */
export function comeBack(
  { call: waiting, rounds }: Waiting,
  call: ModernCall,
  { writer, post }: { readonly writer: AnswerWriter; readonly post: Post },
): void {
  rounds.cameBack(call);
  waiting.comeBack(call, writer, post);
}

/** Nothing waits for the client under this handle, or not any more. */
export function unknownCall(id: RequestId): Refusal {
  return invalidParams(id, 'Invalid params: no such call waits for answers, or not any more');
}
