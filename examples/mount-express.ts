/** The stateful proxy under Express, next to other routes. A parser of JSON may come before it. */
import express from 'express';
import { isProgram } from './lib/is-program.js';
import { createProxy, serveMount, type Mounted } from './lib/mounted.js';

export async function startExpress(): Promise<Mounted> {
  const proxy = createProxy();
  const app = express();
  app.use(express.json());
  app.use('/mcp', proxy.middleware);
  return serveMount(proxy, app);
}

if (isProgram(import.meta)) console.log((await startExpress()).url);
