/** A Node response, as far as its connection is concerned. */
export interface Closing {
  once(event: 'close', listener: () => void): unknown;
  readonly socket?: unknown;
  readonly req?: { readonly socket?: Socket };
}

interface Socket {
  once(event: 'close', listener: () => void): unknown;
}

/** The listeners of each socket. Each socket has one `close` listener for all of them: many requests may wait there in line. */
const listenersOf = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls `listener` once, when the connection of a response has ended. Node does not tell this to a response that still
 * waits for its turn on the connection, behind the response to an earlier request.
 */
export function onConnectionEnd(response: Closing, listener: () => void): void {
  const socket = response.socket === null ? response.req?.socket : undefined;
  const socketListeners = socket && listenersOn(socket);
  let isTold = false;
  const tell = (): void => {
    socketListeners?.delete(tell);
    if (!isTold) listener();
    isTold = true;
  };
  response.once('close', tell);
  socketListeners?.add(tell);
}

function listenersOn(socket: Socket): Set<() => void> {
  const known = listenersOf.get(socket);
  if (known !== undefined) return known;
  const listeners = new Set<() => void>();
  listenersOf.set(socket, listeners);
  socket.once('close', () => {
    for (const tell of [...listeners]) tell();
  });
  return listeners;
}
