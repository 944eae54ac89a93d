/** Servers and clients of both lines of the SDK, for tests that run on either. */
import { Client as Client2, StreamableHTTPClientTransport as ClientTransport2 } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { CallToolResultSchema, ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { McpServer as McpServer2 } from '@modelcontextprotocol/server';
import type { StreamableHTTPServerTransport } from 'mcp-backchannel/http';

/** What a tool may do while it runs. None of it says which call it is for. */
interface Doing {
  readonly ask: (message: string) => Promise<string>;
  readonly log: (line: string) => Promise<void>;
  /** Closes the stream of the call. `undefined`: the SDK does not know how, or the client cannot come back. */
  readonly closeStream: (() => void) | undefined;
}

export type Tools = Readonly<Record<string, (doing: Doing) => Promise<string>>>;

export interface LineClient {
  /** @param onToken is told of each event from which the call can be resumed */
  call(name: string, onToken?: (token: string) => void): Promise<string>;
  /** Takes the answer of a call that another client of the session has made. */
  resume(name: string, token: string): Promise<string>;
  close(): Promise<void>;
}

export interface Line {
  readonly title: string;
  connectServer(transport: StreamableHTTPServerTransport, tools: Tools): Promise<void>;
  /** @param sessionId of a session that goes on; otherwise a new one begins */
  connectClient(url: string, answer: (message: string) => string, sessionId?: string): Promise<LineClient>;
}

interface Result {
  readonly content?: unknown;
}

const text = (value: string): { content: { type: 'text'; text: string }[] } => ({
  content: [{ type: 'text', text: value }],
});
const textOf = ({ content }: Result): string => (content as [{ readonly text: string }])[0].text;
const requestedSchema = { type: 'object' as const, properties: { answer: { type: 'string' as const } } };
const INFO = { name: 'test', version: '1' };
const SERVES = { capabilities: { logging: {} } };
const ELICITS = { capabilities: { elicitation: {} } };
const AT_ONCE = {
  reconnectionOptions: {
    initialReconnectionDelay: 10,
    maxReconnectionDelay: 10,
    reconnectionDelayGrowFactor: 1,
    maxRetries: 5,
  },
};

const FIRST: Line = {
  title: 'SDK 1.x',
  async connectServer(transport, tools) {
    const mcp = new McpServer(INFO, SERVES);
    for (const [name, run] of Object.entries(tools))
      mcp.registerTool(name, { description: name }, async ({ closeSSEStream: closeStream }) =>
        text(
          await run({
            closeStream,
            ask: async (message) => answerIn(await mcp.server.elicitInput({ message, requestedSchema })),
            log: async (data) => mcp.server.sendLoggingMessage({ level: 'info', data }),
          }),
        ),
      );
    await mcp.connect(transport);
  },
  async connectClient(url, answer, sessionId) {
    const client = new Client(INFO, ELICITS);
    client.setRequestHandler(ElicitRequestSchema, ({ params: { message } }) => ({
      action: 'accept',
      content: { answer: answer(message) },
    }));
    const session = sessionId === undefined ? {} : { sessionId };
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { ...AT_ONCE, ...session }));
    const call = async (name: string, options: object): Promise<string> =>
      textOf(await client.request({ method: 'tools/call', params: { name } }, CallToolResultSchema, options));
    return {
      call: async (name, onresumptiontoken) => call(name, onresumptiontoken ? { onresumptiontoken } : {}),
      resume: async (name, resumptionToken) => call(name, { resumptionToken }),
      close: async () => client.close(),
    };
  },
};

const SECOND: Line = {
  title: 'SDK 2.x',
  async connectServer(transport, tools) {
    const mcp = new McpServer2(INFO, SERVES);
    for (const [name, run] of Object.entries(tools))
      mcp.registerTool(name, { description: name }, async ({ http }) =>
        text(
          await run({
            closeStream: http?.closeSSE,
            // eslint-disable-next-line @typescript-eslint/no-deprecated -- asks without naming the call
            ask: async (message) => answerIn(await mcp.server.elicitInput({ message, requestedSchema })),
            // eslint-disable-next-line @typescript-eslint/no-deprecated -- see above
            log: async (data) => mcp.server.sendLoggingMessage({ level: 'info', data }),
          }),
        ),
      );
    await mcp.connect(transport);
  },
  async connectClient(url, answer, sessionId) {
    const client = new Client2(INFO, ELICITS);
    client.setRequestHandler('elicitation/create', ({ params: { message } }) => ({
      action: 'accept',
      content: { answer: answer(message) },
    }));
    const session = sessionId === undefined ? {} : { sessionId };
    await client.connect(new ClientTransport2(new URL(url), { ...AT_ONCE, ...session }));
    const call = async (name: string, options: object): Promise<string> =>
      textOf(await client.request({ method: 'tools/call', params: { name } }, options));
    return {
      call: async (name, onresumptiontoken) => call(name, onresumptiontoken ? { onresumptiontoken } : {}),
      resume: async (name, resumptionToken) => call(name, { resumptionToken }),
      close: async () => client.close(),
    };
  },
};

export const LINES: readonly Line[] = [FIRST, SECOND];

function answerIn({ content }: Result): string {
  return String((content as { readonly answer?: unknown } | undefined)?.answer);
}
