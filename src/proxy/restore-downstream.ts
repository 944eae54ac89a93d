import type { AdoptableSession } from '../cluster/adoptable.js';
import { BareTransport } from '../http/bare-transport.js';
import { innerOf } from '../interceptor/wrapped.js';
import type { RequestMessage } from '../routing/message.js';

/** A transport that can begin without its client. */
interface RestorableTransport {
  restore(initialize: RequestMessage, result: unknown): Promise<void>;
}

/** Puts a new transport into the state in which that of another node was. Its client has initialized it there. */
export async function restoreDownstream(downstream: object, { initialize, result }: AdoptableSession): Promise<void> {
  const inner = innerOf(downstream);
  if (inner instanceof BareTransport) await inner.initialize();
  else await (inner as RestorableTransport).restore(initialize, result);
}
