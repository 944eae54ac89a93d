/**
 * `context`: bare, but each HTTP request and each message has an async context, as with the wrapper. What it
 * costs is the price of Node for async contexts, whoever uses them.
 */
export const SERVERS = ['bare', 'context', 'wrapped'] as const;
export type ServerName = (typeof SERVERS)[number];

/** Every order: nobody always comes first, nor after the same neighbour. */
const ORDERS: readonly (readonly ServerName[])[] = [
  ['bare', 'context', 'wrapped'],
  ['wrapped', 'context', 'bare'],
  ['context', 'wrapped', 'bare'],
  ['bare', 'wrapped', 'context'],
  ['wrapped', 'bare', 'context'],
  ['context', 'bare', 'wrapped'],
];

export function order(turn: number): readonly ServerName[] {
  return ORDERS[turn % ORDERS.length] ?? SERVERS;
}
