/** Ways to reach a server that cost the client as little as they can: `node:http` and pipes, nothing else. */
import { spawn } from 'node:child_process';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { HttpError, isEventStream, readEvents, readWhole } from '../../src/doctor/http-exchange.js';
import type { Message, StreamName } from '../../src/doctor/messages.js';
import { readLines, type Pipes } from '../../src/doctor/pipe-wire.js';

/** Where messages of the server go. */
export type Receive = (message: Message, stream: StreamName) => void;

export interface Wire {
  /** Resolves when the exchange is over: over Streamable HTTP, with the end of the stream. */
  send(message: Message): Promise<void>;
  /** Opens the standalone stream, where there is such a thing. */
  openStandalone(): Promise<void>;
  /** Closes the connections that nothing is under way on. */
  rest(): void;
  /** Breaks everything off. */
  close(): void;
}

type Headers = Readonly<Record<string, string>>;

abstract class HttpWire {
  /** Its own, so that no connection that the server is about to close is taken over from before. */
  readonly agent = new Agent({ keepAlive: true });
  readonly #open = new Set<ClientRequest>();

  constructor(
    readonly url: string,
    readonly headers: Headers,
    protected readonly receive: Receive,
  ) {}

  rest(): void {
    for (const sockets of Object.values(this.agent.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
  }

  close(): void {
    for (const outgoing of this.#open) outgoing.destroy();
    this.agent.destroy();
  }

  protected async exchange(
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    headers: Headers,
    body: string | undefined,
    onAnswer: (answer: IncomingMessage) => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { method, agent: this.agent, headers: { ...this.headers, ...headers } });
      this.#open.add(outgoing);
      outgoing.on('close', () => this.#open.delete(outgoing));
      outgoing.on('error', reject);
      outgoing.on('response', (answer) => {
        answer.on('error', reject);
        const { statusCode = 0 } = answer;
        if (statusCode >= 400) {
          readWhole(answer, (text) => reject(new HttpError(statusCode, text)));
          return;
        }
        answer.on('end', resolve);
        onAnswer(answer);
      });
      outgoing.end(body);
    });
  }
}

export class StreamableHttpWire extends HttpWire implements Wire {
  #session: Headers = {};

  async send(message: Message): Promise<void> {
    const body = JSON.stringify(message);
    const headers = {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      accept: 'application/json, text/event-stream',
      ...this.#session,
    };
    return this.exchange('POST', this.url, headers, body, (answer) => {
      const session = answer.headers['mcp-session-id'];
      if (message.method === 'initialize' && typeof session === 'string') {
        const { protocolVersion } = message.params ?? {};
        this.#session = { 'mcp-session-id': session, 'mcp-protocol-version': String(protocolVersion) };
      }
      this.#read(answer, `POST ${String(message.id)}`);
    });
  }

  async openStandalone(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.exchange('GET', this.url, { accept: 'text/event-stream', ...this.#session }, undefined, (answer) => {
        this.#read(answer, 'GET');
        resolve();
      }).catch(reject);
    });
  }

  #read(answer: IncomingMessage, stream: StreamName): void {
    if (isEventStream(answer)) {
      readEvents(answer, (_event, data) => this.receive(JSON.parse(data) as Message, stream));
    } else if (answer.headers['content-type']?.startsWith('application/json') === true) {
      readWhole(answer, (text) => this.receive(JSON.parse(text) as Message, stream));
    } else {
      answer.resume();
    }
  }
}

/** HTTP+SSE of 2024-11-05: every message of the server comes on the one stream. */
export class SseWire extends HttpWire implements Wire {
  #endpoint: Promise<string> | undefined;

  async send(message: Message): Promise<void> {
    const endpoint = await (this.#endpoint ??= this.#connect());
    const body = JSON.stringify(message);
    const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
    return this.exchange('POST', endpoint, headers, body, (answer) => answer.resume());
  }

  async openStandalone(): Promise<void> {
    await (this.#endpoint ??= this.#connect());
  }

  async #connect(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.exchange('GET', this.url, { accept: 'text/event-stream' }, undefined, (answer) => {
        readEvents(answer, (event, data) => {
          if (event === 'endpoint') resolve(new URL(data, this.url).href);
          else this.receive(JSON.parse(data) as Message, 'GET');
        });
      }).catch(reject);
    });
  }
}

/** A server of one's own, over its pipes. */
export class StdioWire implements Wire {
  constructor(
    private readonly pipes: Pipes,
    receive: Receive,
    private readonly end: () => void,
  ) {
    readLines(pipes.stdout, (message) => receive(message, 'pipe'));
    // One that has ended does not answer, which the client waits for in vain.
    pipes.stdin.on('error', () => undefined);
  }

  static spawn(command: string, args: readonly string[], receive: Receive): StdioWire {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    return new StdioWire(child, receive, () => child.kill('SIGKILL'));
  }

  async send(message: Message): Promise<void> {
    this.pipes.stdin.write(`${JSON.stringify(message)}\n`);
    return Promise.resolve();
  }

  async openStandalone(): Promise<void> {
    return Promise.resolve();
  }

  rest(): void {
    // a pipe is all there is
  }

  close(): void {
    this.end();
  }
}
