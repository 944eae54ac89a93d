import { TAKES_STAMPS } from '../routing/stamp.js';

/** What comes with a message over HTTP: `requestInfo` from SDK 1.x, `request` from SDK 2.x. */
interface HttpExtra {
  readonly requestInfo?: { readonly headers?: Readonly<Record<string, unknown>> };
  readonly request?: { readonly headers?: Headers };
}

/** Whether the client says that it is a proxy which takes stamps off. */
export function takesStamps(extra: unknown): boolean {
  const given = Object(extra) as HttpExtra;
  const headers = given.requestInfo?.headers;
  if (headers !== undefined) return headers[TAKES_STAMPS] !== undefined;
  // Our own transport makes it when it is read. The first of a process takes Node 20 to 50 ms.
  return given.request?.headers?.has(TAKES_STAMPS) === true;
}
