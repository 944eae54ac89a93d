/** Backends over HTTP: everything that needs an HTTP client. */
import { EnvHttpProxyAgent, fetch, type RequestInit } from 'undici';
import { proxiesFor } from './proxy-environment.js';

export { HttpConnections } from './connections.js';
export { HttpTransport } from './http-transport.js';
export { RenewingTransport } from './renewing-transport.js';

/** A `fetch` that goes through a proxy if the environment names one for this server. */
export function fetchThrough(url: URL): typeof globalThis.fetch {
  const dispatcher = new EnvHttpProxyAgent({
    ...proxiesFor(url),
    proxyTunnel: false,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return (async (input: string | URL, init?: RequestInit) => fetch(input, { ...init, dispatcher })) as never;
}
