/** The backend as a program: `node backend.js` over stdio, `node backend.js --http` over Streamable HTTP. */
import process from 'node:process';
import { endWithStdin } from './backend/end-with-stdin.js';
import { serveHttp } from './backend/http.js';
import { serveStdio } from './backend/stdio.js';

if (process.argv.includes('--http')) {
  const { url } = await serveHttp();
  process.stdout.write(`${url}\n`);
  endWithStdin();
} else {
  serveStdio();
}
