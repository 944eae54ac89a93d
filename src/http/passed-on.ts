import type { IncomingMessage } from 'node:http';

const passedOn = new WeakSet<IncomingMessage>();

/** Another node has passed this request on: the connection that brought it is not its client's. */
export function markPassedOn(request: IncomingMessage): void {
  passedOn.add(request);
}

export function isPassedOn(request: IncomingMessage): boolean {
  return passedOn.has(request);
}
