/** A backend of revision 2025-11-25 whose prompts and resources ask the user, too. */
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CompleteRequestSchema,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ReadResourceRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { elicit, legacyBackend, type Journal } from './legacy-backend.js';

export const FILE = 'file:///asks';

/** A session. */
export function askingBackend(journal: Journal): Server {
  const server = legacyBackend(journal);
  server.registerCapabilities({
    prompts: { listChanged: true },
    resources: { subscribe: true, listChanged: true },
    completions: {},
  });
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: [{ name: 'asks' }] }));
  server.setRequestHandler(GetPromptRequestSchema, async (_request, extra) => ({
    messages: [{ role: 'user', content: { type: 'text', text: await elicit(extra, 'for a prompt') } }],
  }));
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [{ name: 'asks', uri: FILE }] }));
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params: { uri } }, extra) => ({
    contents: [{ uri, text: await elicit(extra, 'for a resource') }],
  }));
  server.setRequestHandler(CompleteRequestSchema, ({ params }) => ({
    completion: { values: [`${params.argument.value}!`] },
  }));
  return server;
}
