import { ASKING_TOOLS, type Batch, type Tool } from './batch.js';
import { RawClient } from './raw-client.js';

/** A client that makes one call at a time. */
export interface Caller {
  call(tool: Tool): Promise<void>;
}

const ASKING: ReadonlySet<Tool> = new Set(ASKING_TOOLS);
let nextId = 1;

/** Batches of one place can have the same callers. */
export function placeOf({ port, opensOn = port, era = 'legacy' }: Batch): string {
  return `${era} ${String(opensOn)} ${String(port)}`;
}

export async function open({ port, opensOn = port, era = 'legacy' }: Batch): Promise<Caller> {
  if (era === 'modern') return new ModernCaller(port);
  const opened = await RawClient.begin(opensOn);
  return new LegacyCaller(port === opensOn ? opened : opened.sibling(port));
}

/** Has a session, and a second connection for what answers a question while its call is open. */
class LegacyCaller implements Caller {
  readonly #answers: RawClient;

  constructor(private readonly calls: RawClient) {
    this.#answers = calls.sibling();
  }

  async call(tool: Tool): Promise<void> {
    const id = nextId++;
    const _meta = tool === 'progress' ? { progressToken: id } : undefined;
    const message = { jsonrpc: '2.0', id, method: 'tools/call', params: { name: tool, arguments: {}, _meta } };
    if (!ASKING.has(tool)) {
      await this.calls.post(message);
      return;
    }
    let answered: Promise<unknown> | undefined;
    await this.calls.post(message, (question) => {
      answered = this.#answers.post({ jsonrpc: '2.0', id: question, result: ANSWER });
    });
    if (answered === undefined) throw new Error('the question did not come');
    await answered;
  }
}

/** Has no session. A call that is answered with a question is sent once more, with the answer. */
class ModernCaller implements Caller {
  /** Connected when they are needed: the command cuts off connections that send nothing. */
  readonly #clients: Partial<Record<Tool, RawClient>> = {};

  constructor(private readonly port: number) {}

  async call(tool: Tool): Promise<void> {
    const client = (this.#clients[tool] ??= clientFor(tool, this.port));
    const response = await client.post(request(tool));
    if (!ASKING.has(tool)) return;
    // Nothing else is read from the answer: the client shares the cores with the proxy.
    const requestState = /"requestState":"([^"]+)"/.exec(response)?.[1];
    const question = /"inputRequests":\{"([^"]+)":/.exec(response)?.[1];
    if (requestState === undefined || question === undefined) throw new Error(`no question: ${response}`);
    const last = await client.post(request(tool, { requestState, inputResponses: { [question]: ANSWER } }));
    if (!last.includes('"complete"')) throw new Error(`not answered: ${last}`);
  }
}

const ANSWER = { action: 'accept', content: {} };
const VERSION = '2026-07-28';
const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': VERSION,
  'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
  'io.modelcontextprotocol/clientInfo': { name: 'benchmark', version: '1' },
};

/** The headers name the tool, so each tool has a connection. */
function clientFor(tool: Tool, port: number): RawClient {
  return RawClient.stateless(port, {
    'mcp-protocol-version': VERSION,
    'mcp-method': 'tools/call',
    'mcp-name': tool,
  });
}

function request(tool: Tool, retry: object = {}): object {
  const params = { name: tool, arguments: {}, ...retry, _meta: ENVELOPE };
  return { jsonrpc: '2.0', id: nextId++, method: 'tools/call', params };
}
