/** The asking backend over stdio. It says on stderr which calls were cancelled. */
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { askingBackend } from './asking-backend.js';
import { Journal } from './legacy-backend.js';

const journal = new Journal();
journal.onCancelled = (tag) => {
  console.error(`cancelled ${tag}`);
};
await askingBackend(journal).connect(new StdioServerTransport());
