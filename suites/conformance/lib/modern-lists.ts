/** What a server of revision 2026-07-28 lists. It may be kept for no time, and by nobody else. */
import type { McpServer } from '@modelcontextprotocol/server';
import { PROMPTS } from './prompts.js';
import { RESOURCES, TEMPLATE } from './resources.js';
import { ASKING_PROMPT, PROMPT_ROUNDS, ROUNDS } from './rounds.js';
import { SIMPLE_TOOLS } from './tools.js';

const NO_ARGUMENTS = { type: 'object' as const };

/** @param speaking the names of tools that say something while they run */
export function addLists({ server }: McpServer, speaking: readonly string[]): void {
  server.setRequestHandler('tools/list', () => ({
    tools: [
      ...Object.entries(SIMPLE_TOOLS).map(([name, { description, inputSchema = NO_ARGUMENTS }]) => ({
        name,
        description,
        inputSchema,
      })),
      ...Object.entries(ROUNDS).map(([name, { description }]) => ({ name, description, inputSchema: NO_ARGUMENTS })),
      ...speaking.map((name) => ({ name, description: 'Says something while it runs', inputSchema: NO_ARGUMENTS })),
    ],
  }));
  server.setRequestHandler('resources/list', () => ({ resources: [...RESOURCES] }));
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: [TEMPLATE] }));
  server.setRequestHandler('prompts/list', () => ({
    prompts: [
      ...Object.entries(PROMPTS).map(([name, { description, arguments: args }]) => ({
        name,
        description,
        ...(args !== undefined && { arguments: args }),
      })),
      { name: ASKING_PROMPT, description: PROMPT_ROUNDS.description },
    ],
  }));
  server.setRequestHandler('completion/complete', ({ params }) => {
    const values = [`${params.argument.value}-one`, `${params.argument.value}-two`];
    return { completion: { values, total: values.length, hasMore: false } };
  });
}
