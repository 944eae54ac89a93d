/** A server on our HTTP transport, under Fastify, which has parsed the body, and leaves the answer to us. */
import { fastify } from 'fastify';
import { createAskingServer } from './lib/asking-server.js';
import { isProgram } from './lib/is-program.js';
import type { Mounted } from './lib/mounted.js';
import { ServerSessions } from './lib/server-sessions.js';

export async function startOnFastify(sessions = new ServerSessions(createAskingServer)): Promise<Mounted> {
  const app = fastify({ forceCloseConnections: true });
  app.all('/mcp', async (request, reply) => {
    reply.hijack();
    await sessions.handle(request.raw, reply.raw, request.body);
  });
  app.addHook('preClose', async () => sessions.close());
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url: `${origin}/mcp`, close: async () => app.close() };
}

if (isProgram(import.meta)) console.log((await startOnFastify()).url);
