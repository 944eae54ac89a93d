/** What is common to the backends over Streamable HTTP that start in no time: a server of the SDK for each session. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import process from 'node:process';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

/** Serves on the port that the program is told (0: a free one), and prints it. @returns forgets all sessions */
export function serveSessions(newServer) {
  const sessions = new Map();
  const open = async () => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => sessions.set(id, transport),
    });
    await newServer().connect(transport);
    return transport;
  };
  const http = createServer(async (request, response) => {
    const id = request.headers['mcp-session-id'];
    const transport = id === undefined ? await open() : sessions.get(id);
    if (transport === undefined) response.writeHead(404).end();
    else await transport.handleRequest(request, response);
  });
  http.listen(Number(process.argv[2]), '127.0.0.1', () => {
    process.stdout.write(`${http.address().port}\n`);
  });
  return () => {
    sessions.clear();
    http.closeAllConnections();
  };
}
