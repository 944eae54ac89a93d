/** The stateful proxy under Hono: a `Request` in, a `Response` out. */
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { isProgram } from './lib/is-program.js';
import { createProxy, serveMount, type Mounted } from './lib/mounted.js';

export async function startHono(): Promise<Mounted> {
  const proxy = createProxy();
  const app = new Hono();
  app.all('/mcp', async ({ req }) => proxy.fetch(req.raw));
  const listener = getRequestListener(app.fetch);
  return serveMount(proxy, (request, response) => void listener(request, response));
}

if (isProgram(import.meta)) console.log((await startHono()).url);
