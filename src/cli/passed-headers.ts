import { isOfOneRequest } from '../of-one-request.js';

interface PassedHeaderOptions {
  readonly passHeaders: readonly string[];
  readonly varyHeaders: readonly string[];
}

/** The passed-on headers that identify the client: all but `varyHeaders` and those known to belong to one request. */
export function credentialHeaders({ passHeaders, varyHeaders }: PassedHeaderOptions): readonly string[] {
  return passHeaders.filter((name) => !isOfOneRequest(name) && !varyHeaders.includes(name));
}
