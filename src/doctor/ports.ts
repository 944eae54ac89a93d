import { connect } from 'node:net';

/** How long a proxy that somebody else runs may take to listen again. */
const BACK_WITHIN_MS = 1_500;
const LOOK_MS = 50;

/** Whether somebody listens there. */
export async function accepts({ hostname, port, protocol }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(port) || (protocol === 'https:' ? 443 : 80), hostname.replace(/^\[(.*)\]$/, '$1'));
    socket.once('connect', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

/** The URL, or its `localhost` in place of 127.0.0.1, which may be another address. `undefined`: nobody listens. */
export async function acceptingOf(url: URL): Promise<URL | undefined> {
  if (await accepts(url)) return url;
  if (url.hostname !== '127.0.0.1') return undefined;
  const local = new URL(url);
  local.hostname = 'localhost';
  return (await accepts(local)) ? local : undefined;
}

/** Whether somebody listens there, if not now, then soon. */
export async function isBack(url: URL): Promise<boolean> {
  const until = performance.now() + BACK_WITHIN_MS;
  while (!(await accepts(url))) {
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return true;
}
