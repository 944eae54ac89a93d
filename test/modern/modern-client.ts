/** Clients of the SDK 2.x that are pinned to the modern revision. */
import {
  Client,
  StreamableHTTPClientTransport,
  type ClientCapabilities,
  type StreamableHTTPClientTransportOptions,
  type VersionNegotiationOptions,
} from '@modelcontextprotocol/client';

export interface ClientOptions {
  readonly name?: string;
  readonly token?: string;
  readonly capabilities?: ClientCapabilities;
  /** @default pinned to the modern revision */
  readonly mode?: VersionNegotiationOptions['mode'];
}

export interface Connected {
  readonly client: Client;
  /** The messages of its server requests. */
  readonly asked: string[];
}

const ALL: ClientCapabilities = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };

const PINNED = { pin: '2026-07-28' };

/** A client of whatever serves this URL. */
export async function connectTo(
  url: string,
  { name = 'client', token, capabilities = ALL, mode = PINNED }: ClientOptions = {},
  transport: StreamableHTTPClientTransportOptions = {},
): Promise<Connected> {
  const asked: string[] = [];
  const client = new Client({ name, version: '1.0.0' }, { capabilities, versionNegotiation: { mode } });
  answerFor(client, name, asked, capabilities);
  const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), { ...transport, ...(headers && { requestInit: { headers } }) }),
  );
  return { client, asked };
}

/** The user of a client agrees to everything, and signs with the client's name. */
function answerFor(client: Client, name: string, asked: string[], capabilities: ClientCapabilities): void {
  if (capabilities.elicitation !== undefined)
    client.setRequestHandler('elicitation/create', ({ params }) => {
      asked.push(params.message);
      if (params.message.startsWith('decline')) return { action: 'decline' };
      return params.mode === 'url'
        ? { action: 'accept' }
        : { action: 'accept', content: { answer: `${name}: ${params.message}` } };
    });
  if (capabilities.sampling !== undefined)
    client.setRequestHandler('sampling/createMessage', ({ params }) => {
      asked.push(`sample ${JSON.stringify(params.messages)}`);
      return { model: 'm', role: 'assistant', content: { type: 'text', text: `sampled by ${name}` } };
    });
  if (capabilities.roots !== undefined)
    client.setRequestHandler('roots/list', () => {
      asked.push('roots');
      return { roots: [{ uri: `file:///${name}` }] };
    });
}

/** The text of a tool's result. */
export async function called(client: Client, name: string, args: Record<string, unknown> = {}): Promise<string> {
  const { content } = await client.callTool({ name, arguments: args });
  return content.map((block) => (block.type === 'text' ? block.text : block.type)).join('\n');
}
