/** The whole name of a node is the first part of the ids of its sessions. */
const SHOWN_LENGTH = 8;

/** What logs call a node. @param incarnation its whole name */
export function shownNode(incarnation: string): string {
  return incarnation.slice(0, SHOWN_LENGTH);
}
