/** Runs the backend over Streamable HTTP in a process of its own. Prints its URL. Ends when its stdin ends. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { serve } from '../../examples/lib/serve.js';
import { Backend } from './lib/backend.js';

const { url } = await serve({
  async onSession(transport) {
    let heard!: () => void;
    // Before the proxy has opened its standalone stream, the SDK drops what belongs there.
    const canSpeak = new Promise<void>((resolve) => (heard = resolve));
    const handle = transport.handleRequest.bind(transport);
    transport.handleRequest = async (request: IncomingMessage, response: ServerResponse, body?: unknown) => {
      const handled = handle(request, response, body);
      if (request.method === 'GET') void whenStreaming(response).then(heard);
      await handled;
    };
    new Backend(transport, canSpeak);
    await transport.start();
    return transport;
  },
});
process.stdin.resume().on('end', () => process.exit());
console.log(url);

async function whenStreaming(response: ServerResponse): Promise<void> {
  while (!response.headersSent) await new Promise((resolve) => setImmediate(resolve));
}
