/** Whether a later attempt may succeed after this status of a server or of the gateway in front of it. */
export function mayPass(status = 0): boolean {
  return status >= 500 || status === 408 || status === 429;
}

/** Whether this refusal asks for credentials. Only the client can get those, so it must see the refusal unchanged. */
export function asksForCredentials(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): boolean {
  return status === 401 || (status === 403 && headers['www-authenticate'] !== undefined);
}

/** The HTTP status that a transport's error names. */
export function statusOf(error: unknown): number | undefined {
  const { code, status } = Object(error) as { code?: unknown; status?: unknown };
  if (typeof status === 'number') return status;
  return typeof code === 'number' ? code : undefined;
}
