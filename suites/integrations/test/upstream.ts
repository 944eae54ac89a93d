import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { BACKEND } from '../../../test/support/program.js';

/** How to run the backend, from the folder that is the parent of this one. */
export const BACKEND_COMMAND = { command: process.execPath, args: ['--import', 'tsx', BACKEND] };

export function connectUpstream(): StdioClientTransport {
  return new StdioClientTransport(BACKEND_COMMAND);
}
