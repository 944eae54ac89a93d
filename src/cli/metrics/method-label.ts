/**
 * The requests of the specification, by the client and by the server, of all revisions.
 *
 * @see https://modelcontextprotocol.io/specification
 */
const KNOWN: ReadonlySet<string> = new Set([
  'completion/complete',
  'elicitation/create',
  'initialize',
  'logging/setLevel',
  'ping',
  'prompts/get',
  'prompts/list',
  'resources/list',
  'resources/read',
  'resources/subscribe',
  'resources/templates/list',
  'resources/unsubscribe',
  'roots/list',
  'sampling/createMessage',
  'server/discover',
  'subscriptions/listen',
  'tasks/cancel',
  'tasks/get',
  'tasks/list',
  'tasks/result',
  'tasks/update',
  'tools/call',
  'tools/list',
]);

/**
 * The label for a method: `other` for a method that the specification does not have. Clients choose the methods, and
 * each new label value is a time series for ever.
 */
export function methodLabel(method: string): string {
  return KNOWN.has(method) ? method : 'other';
}
