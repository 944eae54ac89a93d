/** The backend over stdio. */
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { createBackend } from './lib/backend.js';

// The client closes stdin to end a session. A question that nobody has answered must not keep the process.
process.stdin.once('end', () => process.exit());

await createBackend().connect(new StdioServerTransport());
