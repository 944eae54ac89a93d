/** Which requests of modern clients may share a session of a legacy backend. */
import { createHash } from 'node:crypto';
import { canonicalText } from './canonical-text.js';

/**
 * Requests with the same key may share a session: they come from the same principal, and they declare the same client
 * capabilities.
 *
 * - The principal, because a backend may put a server request to whoever holds the session.
 * - The capabilities, because `initialize` fixes them for the session, and backends offer tools by them. They are compared
 *   in full, whatever they mean: `elicitation: {}` and `elicitation: { form: {} }` are different, since a backend may see
 *   a difference.
 *
 * The name that a client gives itself is no part of the key: nobody verifies it.
 *
 * @param principal whose request it is; all that are anonymous are one, and a pool must not let them share a pipe
 * @param capabilities as the request declares them. `undefined` equals `{}`
 * @returns text of bounded length, from which neither can be read
 */
export function sessionKey(principal: string, capabilities: object | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify([principal, canonicalText(JSON.stringify(capabilities ?? {}))]))
    .digest('base64url');
}
