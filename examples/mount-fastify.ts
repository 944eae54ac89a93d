/** The stateful proxy under Fastify, which has parsed the body, and leaves the answer to us. */
import { fastify } from 'fastify';
import { isProgram } from './lib/is-program.js';
import { createProxy, type Mounted } from './lib/mounted.js';

export async function startFastify(): Promise<Mounted> {
  const proxy = createProxy();
  const app = fastify({ forceCloseConnections: true });
  app.all('/mcp', (request, reply) => {
    reply.hijack();
    proxy.listener(Object.assign(request.raw, { body: request.body }), reply.raw);
  });
  app.addHook('preClose', async () => proxy.close());
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url: `${origin}/mcp`, close: async () => app.close() };
}

if (isProgram(import.meta)) console.log((await startFastify()).url);
