/**
 * The `requestState` with which a client comes back to its call: the handle of the call, and before it the node on which
 * the call waits, if there are several nodes.
 */

/** Is in no handle. */
const SEPARATOR = '.';

/** @param node its name. `undefined`: there is one node only */
export function requestStateOf(handle: string, node: string | undefined): string {
  return node === undefined ? handle : `${node}${SEPARATOR}${handle}`;
}

/** The node on which the call waits. `undefined`: none is named. */
export function nodeIn(requestState: string): string | undefined {
  const at = requestState.lastIndexOf(SEPARATOR);
  return at === -1 ? undefined : requestState.slice(0, at);
}

/** The handle of the call, on the node on which it waits. */
export function handleIn(requestState: string): string {
  return requestState.slice(requestState.lastIndexOf(SEPARATOR) + 1);
}
