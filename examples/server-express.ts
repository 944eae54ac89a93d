/** A server on our HTTP transport, under Express. A parser of JSON may come before it. */
import express, { type Request } from 'express';
import { createAskingServer } from './lib/asking-server.js';
import { isProgram } from './lib/is-program.js';
import { serveMount, type Mounted } from './lib/mounted.js';
import { ServerSessions } from './lib/server-sessions.js';

export async function startOnExpress(sessions = new ServerSessions(createAskingServer)): Promise<Mounted> {
  const app = express();
  app.use(express.json());
  app.all('/mcp', async (request: Request<object, unknown, unknown>, response) =>
    sessions.handle(request, response, request.body),
  );
  return serveMount(sessions, app);
}

if (isProgram(import.meta)) console.log((await startOnExpress()).url);
