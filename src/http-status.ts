/** Whether a server that answers with this status, or the gateway in front of it, may do better later. */
export function mayPass(status = 0): boolean {
  return status >= 500 || status === 408 || status === 429;
}

/** The HTTP status that a transport's error names. */
export function statusOf(error: unknown): number | undefined {
  const { code, status } = Object(error) as { code?: unknown; status?: unknown };
  if (typeof status === 'number') return status;
  return typeof code === 'number' ? code : undefined;
}
