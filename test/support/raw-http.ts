/** HTTP over a bare socket, byte for byte: what `fetch` and `node:http` would put right, they must not. */
import { connect, type Socket } from 'node:net';

export const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

export const INITIALIZE_MESSAGE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
} as const;

export interface RawResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** Of an event stream: what of it has come so far, still in chunks. */
  readonly body: string;
  readonly isStream: boolean;
}

export class RawConnection {
  /** What came, one character for each byte. */
  received = '';
  readonly closed: Promise<void>;
  /** Nothing more will come: the server has closed at least its half. */
  isClosed = false;
  readonly #looks = new Set<() => void>();

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.#came(chunk);
    });
    // A server that has had enough resets the connection.
    socket.on('error', () => undefined);
    socket.once('end', () => {
      this.#over();
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#over();
        resolve();
      });
    });
  }

  /** @param atOnce reads no more than so many bytes at once */
  static async open(url: string, atOnce?: number): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const callback = (length: number, bytes: Uint8Array): boolean => {
      connection.#came(bytes.subarray(0, length));
      return true;
    };
    const onread = atOnce === undefined ? {} : { onread: { buffer: Buffer.alloc(atOnce), callback } };
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true, ...onread });
    const connection = new RawConnection(socket);
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    return connection;
  }

  write(bytes: string | Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** Comes back when `fits`, or when nothing more will come. */
  async until(fits: (received: string) => boolean): Promise<void> {
    while (!this.isClosed && !fits(this.received)) {
      await new Promise<void>((resolve) => {
        this.#looks.add(resolve);
      });
    }
  }

  /** The answers, when `count` are complete, or a stream has begun, or nothing more will come. */
  async responses(count: number): Promise<RawResponse[]> {
    const enough = (): boolean => {
      const found = responsesIn(this.received);
      return found.length >= count || found.some(({ isStream }) => isStream);
    };
    await this.until(enough);
    return responsesIn(this.received);
  }

  /** Closes it, without a word. Comes back when it is closed here; the server may see it a moment later. */
  async drop(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  #came(bytes: Uint8Array): void {
    this.received += Buffer.from(bytes).toString('latin1');
    this.#look();
  }

  #over(): void {
    this.isClosed = true;
    this.#look();
  }

  #look(): void {
    for (const look of [...this.#looks]) {
      this.#looks.delete(look);
      look();
    }
  }
}

/** A message as a client posts it in its session. */
export function rawPost(
  { url, sessionId = '' }: { url: string; sessionId?: string | undefined },
  body: string,
): string {
  const headers = { ...JSON_HEADERS, 'mcp-session-id': sessionId, 'mcp-protocol-version': '2025-11-25' };
  return rawRequest(url, 'POST', headers, body);
}

/** A request as it ought to be. */
function rawRequest(url: string, method: string, headers: Readonly<Record<string, string>>, body?: string): string {
  const { host, pathname } = new URL(url);
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries({ host, ...headers, ...length }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`;
}

/** The head of an answer ends here. */
export function endOfHead(received: string): number {
  const at = received.indexOf('\r\n\r\n');
  return at < 0 ? Infinity : at + 4;
}

function responsesIn(received: string): RawResponse[] {
  const responses: RawResponse[] = [];
  let rest = received;
  for (;;) {
    const bodyAt = endOfHead(rest);
    if (bodyAt === Infinity) return responses;
    const [statusLine = '', ...lines] = rest.slice(0, bodyAt - 4).split('\r\n');
    const headers = new Map(lines.map((line) => [line.split(':', 1)[0]?.toLowerCase() ?? '', afterColon(line)]));
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
    rest = rest.slice(bodyAt);
    const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (isStream) return [...responses, { status, headers, body: rest, isStream }];
    const body = bodyOf(headers, rest);
    if (body === undefined) return responses;
    responses.push({ status, headers, body: body.text, isStream });
    rest = rest.slice(body.length);
  }
}

function afterColon(line: string): string {
  return line.slice(line.indexOf(':') + 1).trim();
}

function bodyOf(headers: RawResponse['headers'], rest: string): { text: string; length: number } | undefined {
  if (headers.get('transfer-encoding') === 'chunked') {
    const end = rest.indexOf('0\r\n\r\n');
    const text = rest.slice(0, end).replace(/(^|\r\n)[0-9a-f]+\r\n/gi, '');
    return end < 0 ? undefined : { text, length: end + 5 };
  }
  const length = Number(headers.get('content-length') ?? 0);
  return rest.length < length ? undefined : { text: rest.slice(0, length), length };
}
