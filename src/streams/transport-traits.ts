/** Habits of transports that matter here, and by what they show: nobody can be asked. */

/**
 * Whether a GET that resumes a stream is known to the transport only when `handleRequest` settles, though its head was
 * written before. So do the Node transports up to SDK 1.24, which keep their streams themselves: between the two they
 * wait for the event store, and what is sent meanwhile comes too late for what is replayed. Later ones keep a
 * web-standard transport inside. It knows the stream before there is a head, and `handleRequest` settles when it ends.
 */
export function resumesWhenHandled(transport: object): boolean {
  return '_streamMapping' in transport;
}

/**
 * Whether requests are answered in JSON mode. The first answer shows it as well, but a question may come before that, and a
 * transport that serves one request only has no second.
 */
export function answersInJson(transport: object): boolean {
  // Since SDK 1.25, Node's keeps a web-standard transport inside.
  const { _webStandardTransport: inside = transport } = transport as { readonly _webStandardTransport?: object };
  return (inside as { readonly _enableJsonResponse?: unknown })._enableJsonResponse === true;
}

/**
 * Whether, with an event store, what is sent while the client is away from its standalone stream is stored for it. Up to SDK
 * 1.23 it is discarded. Since 1.24 a transport can send its client away from that stream by itself, and stores.
 */
export function storesWhileAway(transport: object): boolean {
  return 'closeStandaloneSSEStream' in transport;
}
