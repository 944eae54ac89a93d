/**
 * Before 1.25 the SDK sends the headers of an event stream with its first message. Tests wait for the headers to
 * know that a call has arrived, so they are sent at once, as later versions do. Nothing else is changed.
 */
import { ServerResponse } from 'node:http';

const writeHead = Reflect.get(ServerResponse.prototype, 'writeHead') as (...args: unknown[]) => ServerResponse;

ServerResponse.prototype.writeHead = function (this: ServerResponse, ...args: unknown[]): ServerResponse {
  writeHead.apply(this, args);
  const [headers] = args.slice(-1) as [Record<string, unknown> | undefined];
  if (headers?.['Content-Type'] === 'text/event-stream') this.flushHeaders();
  return this;
} as typeof ServerResponse.prototype.writeHead;
