/** What a response says, in the words of the events of a proxy. */
import type { Answered, CallEnded } from '../proxy-events.js';
import { isRecord, type ResponseMessage } from '../routing/message.js';

/** The end of a call. */
export function endOf(message: ResponseMessage): Pick<CallEnded, 'id' | 'outcome' | 'code' | 'error' | 'message'> {
  const { id, result } = message;
  const failure = errorIn(message);
  if (failure !== undefined) return { id, outcome: 'error', ...failure, message };
  const isToolError = isRecord(result) && result['isError'] === true;
  return { id, outcome: isToolError ? 'tool-error' : 'result', code: undefined, error: undefined, message };
}

/** The client's answer to a question. */
export function answerOf(message: ResponseMessage): Pick<Answered, 'id' | 'by' | 'outcome' | 'error' | 'message'> {
  const { id, result } = message;
  const failure = errorIn(message);
  if (failure !== undefined) return { id, by: 'client', outcome: 'error', error: failure.error, message };
  const action = isRecord(result) ? result['action'] : undefined;
  const outcome = action === 'accept' || action === 'decline' || action === 'cancel' ? action : 'result';
  return { id, by: 'client', outcome, error: undefined, message };
}

function errorIn({ error }: ResponseMessage): Pick<CallEnded, 'code' | 'error'> | undefined {
  if (error === undefined) return undefined;
  const { code, message } = isRecord(error) ? error : {};
  return {
    code: typeof code === 'number' ? code : undefined,
    error: typeof message === 'string' ? message : undefined,
  };
}
