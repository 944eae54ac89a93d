import { isRpcError } from '../../lost-answer.js';
import { HEADER_MISMATCH, MODERN_VERSION, UNSUPPORTED_VERSION } from '../../modern-era.js';
import { INVALID_PARAMS, METHOD_NOT_FOUND } from '../../rpc-codes.js';
import { isRecord, type JsonRpcMessage } from '../../routing/message.js';

/** How long a server may take to say what it is. */
export const DISCOVERY_TIMEOUT_MS = 10_000;

/** The same for one that was modern before, and may have to be installed and started first. */
export const START_TIMEOUT_MS = 30_000;

/** What is known of a server, for all sessions with it. */
export interface KnownEra {
  /** It has no sessions. */
  isModern: boolean;
}

/** What a server of revision 2026-07-28 may say to `initialize`. Some earlier servers say the same for other reasons. */
const REFUSALS: ReadonlySet<number> = new Set([UNSUPPORTED_VERSION, HEADER_MISMATCH, METHOD_NOT_FOUND, INVALID_PARAMS]);

/**
 * Whether a server that answers `initialize` with this may have no sessions. Some servers do not refuse it, and name
 * their own revision, which no client of an earlier one would accept.
 */
export function mayBeModern({ result, error }: JsonRpcMessage): boolean {
  if (isRpcError(error)) return REFUSALS.has(error.code);
  return isRecord(result) && result['protocolVersion'] === MODERN_VERSION;
}
