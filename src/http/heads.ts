import type { Visit } from './visit.js';

/** The head of all event streams of a session. It is made once: an object per response costs more than the rest of a head. */
export interface Head {
  /** As `writeHead()` takes it. */
  for(visit: Visit, contentLength?: number): string[] | Record<string, string>;
}

const FIELDS = {
  'cache-control': 'no-cache, no-transform',
  'content-type': 'text/event-stream',
  'x-accel-buffering': 'no',
};

export function streamHead(sessionId?: string): Head {
  const fields: Record<string, string> = sessionId === undefined ? FIELDS : { ...FIELDS, 'mcp-session-id': sessionId };
  const closing = Object.entries(fields).flat();
  const usual = ['connection', 'keep-alive', ...closing];
  return {
    for: ({ request, response }, contentLength) => {
      // HTTP/2 has no header `connection`, and takes an object.
      if (request.httpVersionMajor >= 2) return fields;
      const list = response.shouldKeepAlive ? usual : closing;
      return contentLength === undefined ? list : [...list, 'content-length', String(contentLength)];
    },
  };
}
