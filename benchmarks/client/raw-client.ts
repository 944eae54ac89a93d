import { connect, type Socket } from 'node:net';

type QuestionId = number | string;

/**
 * A client of Streamable HTTP on one keep-alive connection, one request at a time. It parses nothing
 * it does not need: what it costs is measured along with the server.
 */
export class RawClient {
  readonly #socket: Socket;
  /** What each request has in addition: a line for each header. */
  #headers = '';
  #received = '';
  #seen = 0;
  #onquestion: ((id: QuestionId) => void) | undefined;
  #done: ((body: string) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  private constructor(private readonly port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true }).setEncoding('latin1');
    this.#socket.on('data', (chunk: Buffer | string) => {
      this.#receive(String(chunk));
    });
    this.#socket.on('error', (error) => this.#failed?.(error));
    this.#socket.on('close', () => this.#failed?.(new Error('the server closed the connection')));
  }

  /** Begins a session. */
  static async begin(port: number): Promise<RawClient> {
    const client = new RawClient(port);
    const clientInfo = { name: 'benchmark', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: { elicitation: {} }, clientInfo };
    const response = await client.post({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
    const id = /^mcp-session-id: *(\S+)/im.exec(response)?.[1];
    if (id === undefined) throw new Error(`no session: ${response}`);
    client.#headers = `mcp-session-id: ${id}\r\nmcp-protocol-version: 2025-11-25\r\n`;
    await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return client;
  }

  /** Without a session. Each request has these headers. */
  static stateless(port: number, headers: Readonly<Record<string, string>>): RawClient {
    const client = new RawClient(port);
    client.#headers = Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
    return client;
  }

  /** In the same session, on a connection of its own. */
  sibling(port = this.port): RawClient {
    const client = new RawClient(port);
    client.#headers = this.#headers;
    return client;
  }

  /**
   * Sends a message and waits until the answer has come whole.
   *
   * @param onquestion called with the id of an elicitation that comes before the answer
   */
  post(message: object, onquestion?: (id: QuestionId) => void): Promise<string> {
    const body = JSON.stringify(message);
    return new Promise((resolve, reject) => {
      this.#onquestion = onquestion;
      this.#done = resolve;
      this.#failed = reject;
      this.#socket.write(
        `POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n` +
          `accept: application/json, text/event-stream\r\n${this.#headers}content-length: ${body.length}\r\n\r\n${body}`,
      );
    });
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: string): void {
    this.#received += chunk;
    if (this.#onquestion !== undefined) this.#findQuestion();
    if (!isWhole(this.#received)) return;
    const response = this.#received;
    this.#received = '';
    this.#seen = 0;
    // Statuses of success are 200 and 202.
    if (response.startsWith('HTTP/1.1 20')) this.#done?.(response);
    else this.#failed?.(new Error(response));
  }

  #findQuestion(): void {
    const from = this.#received.indexOf('"elicitation/create"', this.#seen);
    const end = from < 0 ? -1 : this.#received.indexOf('\n\n', from);
    if (end < 0) return;
    this.#seen = end;
    const line = this.#received.slice(this.#received.lastIndexOf('data: ', from) + 'data: '.length, end);
    this.#onquestion?.((JSON.parse(line) as { readonly id: QuestionId }).id);
  }
}

/** Whether a response has come to its end. One at a time: nothing can follow it. */
function isWhole(received: string): boolean {
  const body = received.indexOf('\r\n\r\n') + 4;
  if (body < 4) return false;
  const head = received.slice(0, body).toLowerCase();
  if (head.includes('transfer-encoding: chunked')) return received.endsWith('\r\n0\r\n\r\n');
  const length = /^content-length: *(\d+)/m.exec(head)?.[1] ?? '0';
  return received.length >= body + Number(length);
}
