import { asError } from '../errors.js';
import { endsWithin } from '../ends-within.js';

/** Limits the wait for the end of a session. The SDK's transports, which kill a process that does not end, take less. */
const END_TIMEOUT_MS = 15_000;

interface Ending {
  readonly refused$: { complete(): void };
  readonly over: AbortController;
  readonly report: (error: Error) => void;
}

/** Resolves when a session is over. @param disconnected settles when client and backend are disconnected */
export async function whenOver(disconnected: Promise<unknown>, { refused$, over, report }: Ending): Promise<void> {
  const told = disconnected.catch((error: unknown) => {
    report(asError(error));
  });
  const isDone = await endsWithin(END_TIMEOUT_MS, told);
  refused$.complete();
  over.abort();
  if (!isDone)
    report(new Error(`the transports of a session did not end within ${END_TIMEOUT_MS / 1000} s: left behind`));
}
