/**
 * SDK 1.24.3 and older answer a POST with an event stream, but send its headers only with the first message. Tests wait
 * for the headers to know that a call has arrived. So this module sends them at once, as SDK 1.27.1 and later do.
 * It changes nothing else.
 */
import { ServerResponse } from 'node:http';

const writeHead = Reflect.get(ServerResponse.prototype, 'writeHead') as (...args: unknown[]) => ServerResponse;

ServerResponse.prototype.writeHead = function (this: ServerResponse, ...args: unknown[]): ServerResponse {
  writeHead.apply(this, args);
  const [headers] = args.slice(-1) as [Record<string, unknown> | undefined];
  if (headers?.['Content-Type'] === 'text/event-stream') this.flushHeaders();
  return this;
} as typeof ServerResponse.prototype.writeHead;
