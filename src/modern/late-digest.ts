import type { JsonRpcMessage } from '../routing/message.js';
import { callDigest } from './call-digest.js';

/** The digest of a call, which is calculated when it is first asked for. Most calls never wait for their client. */
export type Digest = () => string;

/** The message is let go of when the digest is known: the call may wait for long. */
export function digestOf(message: JsonRpcMessage, text: string | undefined): Digest {
  let make: Digest | undefined = () => callDigest(message, text);
  let digest = '';
  return () => {
    if (make !== undefined) digest = make();
    make = undefined;
    return digest;
  };
}
