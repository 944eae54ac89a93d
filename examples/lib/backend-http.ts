/** The backend as a process of its own, over Streamable HTTP. Prints its URL, and ends with its stdin. */
import { createBackend } from './backend.js';
import { serve } from './serve.js';

const { url, close } = await serve({
  async onSession(transport) {
    await createBackend().connect(transport);
    return transport;
  },
});
process.stdin.resume().on('end', () => void close());
console.log(url);
