/** Rounds of a server that may send requests: those of a round are sent at once, within the call. */
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import { ResultSchema, type ServerNotification, type ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import { questionsOf, type Rounds } from './rounds.js';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/**
 * Resolves with the text to answer once all is answered.
 *
 * @throws McpError what the client answered with
 */
export async function askInRounds(server: Server, all: Rounds, extra: Extra): Promise<string> {
  for (const round of all.rounds) {
    const asked = Object.values(questionsOf(all, round, server.getClientCapabilities()));
    await Promise.all(asked.map(async (question) => extra.sendRequest(question as ServerRequest, ResultSchema)));
  }
  return all.text;
}
