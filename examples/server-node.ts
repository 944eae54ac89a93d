/** A server on our HTTP transport, under `node:http`. */
import { createAskingServer } from './lib/asking-server.js';
import { isProgram } from './lib/is-program.js';
import { serveMount, type Mounted } from './lib/mounted.js';
import { ServerSessions } from './lib/server-sessions.js';

export async function startOnNode(sessions = new ServerSessions(createAskingServer)): Promise<Mounted> {
  return serveMount(sessions, (request, response) => {
    sessions.handle(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
}

if (isProgram(import.meta)) console.log((await startOnNode()).url);
