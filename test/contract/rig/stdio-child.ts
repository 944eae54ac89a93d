/** The backend as a process of its own, over a stdio transport that is bare or wrapped, as its argument says. */
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { createBackend } from '../../../examples/lib/backend.js';
import { withBackchannel } from '../../../src/index.js';

const bare = new StdioServerTransport();
await createBackend().connect(process.argv[2] === 'wrapped' ? withBackchannel(bare) : bare);
