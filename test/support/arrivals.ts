import type { Arrival, StrictClient } from '../../examples/lib/strict-client.js';

/** Whether a message that has arrived is of this method. */
export const isOf =
  (method: string) =>
  ({ message }: Arrival): boolean =>
    message.method === method;

/** The streams on which messages of this method have arrived. */
export function streamsOf({ arrivals }: StrictClient, method: string): string[] {
  return arrivals.filter(isOf(method)).map(({ stream }) => stream);
}
