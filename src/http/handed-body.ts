import type { IncomingMessage } from 'node:http';

const handed = new WeakMap<IncomingMessage, Uint8Array>();

/** Hands over the body of a request whose stream was read before, as the bytes that it is. */
export function handBody(request: IncomingMessage, body: Uint8Array): void {
  handed.set(request, body);
}

/** The body, if somebody has read it before and handed it over. */
export function handedBody(request: IncomingMessage): Uint8Array | undefined {
  return handed.get(request);
}
