/** A response of Node's, as far as its connection goes. */
export interface Closing {
  once(event: 'close', listener: () => void): unknown;
  readonly socket?: unknown;
  readonly req?: { readonly socket?: Socket };
}

interface Socket {
  once(event: 'close', listener: () => void): unknown;
}

/** Who hears of the end of a socket. One listener for all: many requests may be waiting there, one after the other. */
const audiences = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls `gone` once, when the connection of a response is gone. Node does not tell that of a response which still waits for
 * its turn on its connection, behind the answer to an earlier request.
 */
export function onceGone(response: Closing, gone: () => void): void {
  const socket = response.socket === null ? response.req?.socket : undefined;
  const audience = socket && audienceOf(socket);
  let isGone = false;
  const tell = (): void => {
    audience?.delete(tell);
    if (!isGone) gone();
    isGone = true;
  };
  response.once('close', tell);
  audience?.add(tell);
}

function audienceOf(socket: Socket): Set<() => void> {
  const known = audiences.get(socket);
  if (known !== undefined) return known;
  const audience = new Set<() => void>();
  audiences.set(socket, audience);
  socket.once('close', () => {
    for (const tell of [...audience]) tell();
  });
  return audience;
}
