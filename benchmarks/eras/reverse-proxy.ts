import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent } from 'undici';

/** Headers of a connection, which are not those of a message. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'transfer-encoding',
]);

/** What a proxy cannot do without: it reads the JSON of a request, and hands on headers and bytes as they came. */
export function reverseProxy(backend: string): Server {
  const { origin, pathname: path } = new URL(backend);
  const agent = new Agent();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    JSON.parse(body.toString());
    const answer = await agent.request({ origin, path, method: 'POST', headers: without(request.headers), body });
    response.writeHead(answer.statusCode, without(answer.headers));
    answer.body.pipe(response);
  }

  return createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

function without(headers: Headers): Record<string, string | string[] | undefined> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_CONNECTION.has(name)));
}
