/** Session ids open sessions. This much of one is enough to tell them apart. */
const SHOWN_LENGTH = 8;

/**
 * A name for a session, by which its id cannot be guessed. In a cluster, ids begin with the node, and then comes a dot:
 * the node tells no sessions apart.
 */
export function shownSession(session: string): string {
  const from = session.indexOf('.') + 1;
  return session.slice(from, from + SHOWN_LENGTH);
}

/** How a debug line about a session begins: `[1a2b3c4d] `, or nothing if the session is not known. */
export function sessionPrefix(session: string | undefined): string {
  return session === undefined ? '' : `[${shownSession(session)}] `;
}

/** The same for the session of an SDK transport, which is known from `initialize` on. */
export function sessionPrefixOf(transport: object): string {
  const { sessionId } = transport as { readonly sessionId?: unknown };
  return sessionPrefix(typeof sessionId === 'string' ? sessionId : undefined);
}
