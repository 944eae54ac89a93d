/** Nodes that share sessions over an engine in memory. A request of an unknown session makes its node adopt it. */
import { createServer, request as httpRequest, type Server } from 'node:http';
import { Adoption } from '../../src/cluster/adoption.js';
import type { Whereabouts } from '../../src/cluster/cluster.js';
import { MemoryEngine, MemoryStore } from '../../src/cluster/memory-engine.js';
import { Seal } from '../../src/cluster/seal.js';
import { Admission } from '../../src/proxy/admission.js';
import { NodeDoor } from '../../src/proxy/node-listener.js';
import type { StatefulProxyOptions } from '../../src/proxy/options.js';
import { Sessions } from '../../src/proxy/sessions.js';
import { proxySettingsFrom } from '../../src/proxy/settings.js';
import { WebDoor } from '../../src/proxy/web-handler.js';
import { listen } from '../proxy/support.js';
import { INITIALIZE_MESSAGE, JSON_HEADERS } from '../support/raw-http.js';
import type { ProxyEvent } from '../../src/proxy-events.js';
import { EventSource } from '../../src/proxy/event-source.js';

export interface Got {
  readonly status: number;
  readonly text: string;
  readonly sessionId: string;
}

export interface TestNode {
  readonly name: string;
  readonly url: string;
  readonly sessions: Sessions;
  readonly adoption: Adoption;
  readonly errors: Error[];
  readonly events: readonly ProxyEvent[];
  readonly send: (message: object | undefined, headers?: Record<string, string>, method?: string) => Promise<Got>;
  /** A session that is initialized. @returns its headers */
  readonly open: (headers?: Record<string, string>) => Promise<Record<string, string>>;
  /** It is gone at once: nothing that it does reaches anybody. */
  readonly kill: () => void;
}

/** Another node has it. */
const MISDIRECTED = 421;

/** Adopts what it does not know, as long as nothing else asks the cluster. */
class AdoptingAdmission extends Admission {
  override enter: Admission['enter'] = async (incoming, Transport) => {
    const found = await super.enter(incoming, Transport);
    if (!('status' in found) || found.status !== 404) return found;
    const adopted = await this.adopt(incoming, Transport);
    return 'to' in adopted ? { status: MISDIRECTED, headers: {}, body: adopted.to.id } : adopted;
  };
}

export class AdoptingNodes {
  readonly store: MemoryStore = new MemoryStore();
  /** What the leases tell of the engine. */
  readonly engine = {
    since: 0,
    isSteady: true,
    engineSince: (): number => this.engine.since,
    remembers: (): Promise<boolean> => Promise.resolve(this.engine.isSteady),
  };
  readonly #gone = new Set<string>();
  readonly #all = new Set<string>();

  constructor(private readonly closing: (close: () => unknown) => void) {}

  /** The others take it for dead, but it lives. */
  bury(name: string): void {
    this.#gone.add(name);
  }

  async start(
    name: string,
    options: StatefulProxyOptions,
    door: 'node:http' | 'fetch' = 'node:http',
    engine: MemoryEngine = new MemoryEngine(this.store),
  ): Promise<TestNode> {
    this.#all.add(name);
    const whereIs = (sessionId: string): Whereabouts => {
      const id = [...this.#all].find((one) => sessionId.startsWith(one)) ?? '';
      if (id === name) return { at: 'here' };
      return this.#gone.has(id) ? { at: 'gone', id } : { at: 'node', node: { id, address: '', isDraining: false } };
    };
    const seal = new Seal('a secret that all nodes share');
    const adoption = new Adoption({ engine, seal, self: () => name, whereIs, ...this.engine, tickMs: 20 });
    const settings = { ...proxySettingsFrom(options), adoptions: adoption };
    const errors: Error[] = [];
    const report = (error: Error): void => void errors.push(error);
    const source = new EventSource();
    const events: ProxyEvent[] = [];
    source.events$([], report as (cause: unknown) => void).subscribe((event) => events.push(event));
    const sessions = new Sessions(settings, report, source);
    const admission = new AdoptingAdmission(sessions, settings, report);
    const http =
      door === 'fetch'
        ? fetchServer(new WebDoor(admission, settings, report, undefined, undefined).fetch)
        : createServer(new NodeDoor(admission, settings, report, undefined, undefined).handle);
    const url = await listen(http);
    this.closing(async () => {
      await sessions.close(0);
      adoption.close();
      http.closeAllConnections();
      http.close();
    });
    const send: TestNode['send'] = async (message, headers = {}, method = 'POST') =>
      sendTo(url, method, { ...JSON_HEADERS, ...headers }, message);
    return {
      name,
      url,
      sessions,
      adoption,
      errors,
      events,
      send,
      open: async (headers = {}) => {
        const opened = await send(INITIALIZE_MESSAGE, headers);
        const session = { ...headers, 'mcp-session-id': opened.sessionId, 'mcp-protocol-version': '2025-11-25' };
        await send({ jsonrpc: '2.0', method: 'notifications/initialized' }, session);
        return session;
      },
      kill: () => {
        adoption.close();
        http.closeAllConnections();
        http.close();
        this.#gone.add(name);
      },
    };
  }
}

async function sendTo(url: string, method: string, headers: Record<string, string>, message?: object): Promise<Got> {
  const request = httpRequest(url, { method, headers, agent: false });
  request.end(message && JSON.stringify(message));
  return new Promise((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          text,
          sessionId: String(response.headers['mcp-session-id']),
        });
      });
      response.once('error', reject);
    });
  });
}

/** Serves `fetch` over HTTP. */
function fetchServer(handle: (request: Request) => Promise<Response>): Server {
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      const { method = '', url = '' } = request;
      const headers = new Headers(request.headers as Record<string, string>);
      const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
      void handle(new Request(`http://127.0.0.1${url}`, { method, headers, ...body })).then(async (answer) => {
        response.writeHead(answer.status, Object.fromEntries(answer.headers));
        for await (const chunk of answer.body ?? []) response.write(chunk);
        response.end();
      });
    });
  });
}
