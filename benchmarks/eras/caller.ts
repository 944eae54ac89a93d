import { RawClient } from '../http/raw-client.js';
import type { Era, Workload } from './contestants.js';

/** A client that makes one call at a time. */
export interface Caller {
  call(workload: Workload): Promise<void>;
}

let nextId = 1;

export async function callerOf(era: Era, port: number): Promise<Caller> {
  return era === 'legacy' ? new LegacyCaller(await RawClient.begin(port)) : new ModernCaller(port);
}

/** Has a session, and a second connection for what answers a question while its call is open. */
class LegacyCaller implements Caller {
  readonly #answers: RawClient;

  constructor(private readonly calls: RawClient) {
    this.#answers = calls.sibling();
  }

  async call(workload: Workload): Promise<void> {
    const message = { jsonrpc: '2.0', id: nextId++, method: 'tools/call', params: { name: workload, arguments: {} } };
    if (workload === 'plain') {
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
  readonly #clients: Partial<Record<Workload, RawClient>> = {};

  constructor(private readonly port: number) {}

  async call(workload: Workload): Promise<void> {
    const client = (this.#clients[workload] ??= clientFor(workload, this.port));
    const response = await client.post(request(workload));
    if (workload === 'plain') return;
    // Nothing else is read from the answer: the client shares the cores with the proxy.
    const requestState = /"requestState":"([^"]+)"/.exec(response)?.[1];
    const question = /"inputRequests":\{"([^"]+)":/.exec(response)?.[1];
    if (requestState === undefined || question === undefined) throw new Error(`no question: ${response}`);
    const last = await client.post(request(workload, { requestState, inputResponses: { [question]: ANSWER } }));
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
function clientFor(workload: Workload, port: number): RawClient {
  return RawClient.stateless(port, {
    'mcp-protocol-version': VERSION,
    'mcp-method': 'tools/call',
    'mcp-name': workload,
  });
}

function request(workload: Workload, retry: object = {}): object {
  const params = { name: workload, arguments: {}, ...retry, _meta: ENVELOPE };
  return { jsonrpc: '2.0', id: nextId++, method: 'tools/call', params };
}
