import type { Network } from './attributes.js';

/** What a transport is used for, by the members that only some of the SDK's have. */
export function sideOf(transport: object): 'server' | 'client' {
  return ['stderr', 'terminateSession', 'finishAuth'].some((member) => member in transport) ? 'client' : 'server';
}

/** How the messages of a transport travel. Nothing is known of transports that are not the SDK's. */
export function networkOf(transport: object): Network {
  const { name = '' } = (transport.constructor as { readonly name?: string } | undefined) ?? {};
  if ('stderr' in transport || name.startsWith('Stdio')) return { transport: 'pipe' };
  if (name.startsWith('WebSocket')) return { transport: 'tcp', protocol: 'websocket' };
  const isHttp = ['handleRequest', 'handlePostMessage', 'terminateSession', 'finishAuth'].some(
    (member) => member in transport,
  );
  return isHttp ? { transport: 'tcp', protocol: 'http' } : {};
}
