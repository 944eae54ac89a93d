/** Traits of transports that matter here, and the members that show them: no transport can be asked. */

/**
 * Whether the transport knows a GET that resumes a stream only when `handleRequest` settles, though it wrote the head
 * before. This is true of the Node transports up to SDK 1.24, which keep their streams themselves. Between the head and
 * the end of `handleRequest` they wait for the event store, and a message sent in that time comes too late for the replay.
 * Later transports keep a web-standard transport inside. It knows the stream before there is a head, and `handleRequest`
 * settles when the stream ends.
 */
export function resumesWhenHandled(transport: object): boolean {
  return '_streamMapping' in transport;
}

/**
 * Whether requests are answered in JSON mode. The first response shows it too, but a server request may be sent before
 * that, and a transport that serves only one request has no second response.
 */
export function answersInJson(transport: object): boolean {
  // Since SDK 1.25 the Node transport keeps a web-standard transport inside.
  const { _webStandardTransport: inside = transport } = transport as { readonly _webStandardTransport?: object };
  return (inside as { readonly _enableJsonResponse?: unknown })._enableJsonResponse === true;
}

/** Whether the transport has an event store, so that it stores what it writes on event streams, whether anybody reads it or not. */
export function storesEvents(transport: object): boolean {
  const { _webStandardTransport: inside = transport } = transport as { readonly _webStandardTransport?: object };
  return (inside as { readonly _eventStore?: unknown })._eventStore !== undefined && !answersInJson(transport);
}

/**
 * Whether a transport with an event store stores the messages that are sent while the client is away from its standalone
 * stream. Up to SDK 1.23 they are discarded. Since 1.24 a transport can close that stream by itself, and stores them.
 */
export function storesWhileAway(transport: object): boolean {
  return 'closeStandaloneSSEStream' in transport;
}
