/** A response of Node's, as far as its connection goes. */
export interface Closing {
  once(event: 'close', listener: () => void): unknown;
  readonly socket?: unknown;
  readonly req?: { readonly socket?: { once(event: 'close', listener: () => void): unknown } };
}

/**
 * Calls `gone` once, when the connection of a response is gone. Node does not tell that of a response which still waits for
 * its turn on its connection, behind the answer to an earlier request.
 */
export function onceGone(response: Closing, gone: () => void): void {
  let isGone = false;
  const tell = (): void => {
    if (!isGone) gone();
    isGone = true;
  };
  response.once('close', tell);
  if (response.socket === null) response.req?.socket?.once('close', tell);
}
