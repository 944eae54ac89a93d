/** Runs the backend over stdio in a process of its own. */
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { Backend } from './lib/backend.js';

// A question that is held open must not keep the process.
process.stdin.once('end', () => process.exit());

const transport = new StdioServerTransport();
new Backend(transport, Promise.resolve());
await transport.start();
