import type { Visit } from './visit.js';

/** The heads of all responses of a session. That of its event streams is made once: an object for each costs more than the rest. */
export interface Heads {
  /** Of an event stream, as `writeHead()` takes it. */
  forStream(visit: Visit, contentLength?: number): string[] | Record<string, string>;
  /** Of a body that is JSON. */
  forJson(contentLength: number): Readonly<Record<string, string | number>>;
}

const FIELDS = {
  'cache-control': 'no-cache, no-transform',
  'content-type': 'text/event-stream',
  'x-accel-buffering': 'no',
};

export function headsOf(sessionId?: string): Heads {
  const session = sessionId === undefined ? {} : { 'mcp-session-id': sessionId };
  const fields: Record<string, string> = { ...FIELDS, ...session };
  const closing = Object.entries(fields).flat();
  const usual = ['connection', 'keep-alive', ...closing];
  return {
    forJson: (contentLength) => ({
      'content-type': 'application/json',
      'content-length': contentLength,
      ...session,
    }),
    forStream: ({ request, response }, contentLength) => {
      // HTTP/2 has no header `connection`, and takes an object.
      if (request.httpVersionMajor >= 2) return fields;
      const list = response.shouldKeepAlive ? usual : closing;
      return contentLength === undefined ? list : [...list, 'content-length', String(contentLength)];
    },
  };
}
