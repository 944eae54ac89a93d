/** A server on our HTTP transport, under Hono on Node, which gives access to the request and the response of Node. */
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { createAskingServer } from './lib/asking-server.js';
import { isProgram } from './lib/is-program.js';
import { serveMount, type Mounted } from './lib/mounted.js';
import { ServerSessions } from './lib/server-sessions.js';

export async function startOnHono(sessions = new ServerSessions(createAskingServer)): Promise<Mounted> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.all('/mcp', async ({ env: { incoming, outgoing } }) => {
    await sessions.handle(incoming, outgoing);
    return RESPONSE_ALREADY_SENT;
  });
  const listener = getRequestListener(app.fetch);
  return serveMount(sessions, (request, response) => void listener(request, response));
}

if (isProgram(import.meta)) console.log((await startOnHono()).url);
