/** How a record names its session, and the node that has it, if there is one. */
export function shownSession({
  session,
  node,
}: {
  readonly session?: string | undefined;
  readonly node?: string | undefined;
}): string {
  return [session, node].filter((part) => part !== undefined).join(' @ ');
}
