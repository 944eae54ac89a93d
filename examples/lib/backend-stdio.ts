/** The backend as a process of its own, over stdio. */
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { createBackend } from './backend.js';

await createBackend().connect(new StdioServerTransport());
