import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { Journal, legacyBackend } from './legacy-backend.js';

await legacyBackend(new Journal()).connect(new StdioServerTransport());
