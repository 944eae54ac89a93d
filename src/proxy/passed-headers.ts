import type { PassedAnswer } from '../cluster/cluster.js';

/** The headers of a message that is passed on, by name: HTTP/2 takes no list. */
export function headersOf({ rawHeaders }: Pick<PassedAnswer, 'rawHeaders'>): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    const value = rawHeaders[at + 1] ?? '';
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}
