/**
 * SDK 1.24.3 and older send the headers of the event stream that answers a POST with its first message. Tests wait for the headers to
 * know that a call has arrived, so they are sent at once, as 1.27.1 and later do. Nothing else is changed.
 */
import { ServerResponse } from 'node:http';

const writeHead = Reflect.get(ServerResponse.prototype, 'writeHead') as (...args: unknown[]) => ServerResponse;

ServerResponse.prototype.writeHead = function (this: ServerResponse, ...args: unknown[]): ServerResponse {
  writeHead.apply(this, args);
  const [headers] = args.slice(-1) as [Record<string, unknown> | undefined];
  if (headers?.['Content-Type'] === 'text/event-stream') this.flushHeaders();
  return this;
} as typeof ServerResponse.prototype.writeHead;
