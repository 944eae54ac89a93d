import { text } from 'node:stream/consumers';
import type { PassedAnswer } from '../../src/cluster/cluster.js';

/** The text of a whole answer, or of a stream. */
export async function textIn(body: PassedAnswer['body']): Promise<string> {
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : text(body);
}
