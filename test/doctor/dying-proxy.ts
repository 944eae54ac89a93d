/** `dying-proxy.ts PORT BACKEND-URL --at TEXT [--linger MS]`: passes everything on, and ends when that is posted. */
import { createServer, request as requestHttp } from 'node:http';
import process from 'node:process';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { at: { type: 'string' }, linger: { type: 'string', default: '0' } },
});
const [port, backend = ''] = positionals;

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => (body += text));
  request.once('end', () => {
    if (values.at !== undefined && body.includes(values.at)) {
      server.close();
      server.closeAllConnections();
      setTimeout(() => {
        console.error('Error: it died');
        process.exit(1);
      }, Number(values.linger));
      return;
    }
    const { method, headers } = request;
    const inner = requestHttp(backend, { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers).flushHeaders();
      answer.pipe(response);
    });
    inner.on('error', () => response.destroy());
    response.on('close', () => inner.destroy());
    inner.end(body);
  });
}).listen(Number(port), '127.0.0.1');
