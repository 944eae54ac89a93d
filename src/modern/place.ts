import { after } from '../clock.js';
import { errorAnswer } from '../error-answers.js';
import { isResponse, isRecord, type JsonRpcMessage } from '../routing/message.js';
import type { ModernCall } from './envelope.js';
import type { Post } from './host.js';
import { Changes, type Listeners } from './changes.js';
import type { InnerTransport } from './inner-transport.js';
import type { Fields } from './meta.js';
import { legacyCapabilities } from './to-legacy.js';

/** The last revision with sessions. */
const LEGACY_VERSION = '2025-11-25';

/** The client's name, if it gives none. */
const UNNAMED = { name: 'unknown', version: '0' };

/** How long the backend may take to answer a request that no client has sent. A backend may have to be installed first. */
const ANSWER_TIMEOUT_MS = 60_000;

/** For requests that no client has sent. */
const UNPOSTED: Post = { run: (work) => work() };

/** A session with a backend, as far as the pool needs to know it. */
export interface PooledSession {
  /** A client is there. While none is, the session ends after a while. */
  connected(): void;
  disconnected(): void;
  end(reason: string, by: 'idle'): Promise<void>;
}

/** The backend did not take up the session. */
export class NotInitialized extends Error {
  constructor(readonly answer: JsonRpcMessage) {
    super(`the backend refused to initialize a session: ${JSON.stringify(answer.error)}`);
  }
}

/** A legacy session for modern calls. */
export class Place {
  /** What the backend has said of itself. Rejects if it has refused the session. */
  readonly initialized: Promise<Fields>;
  /** Whom to tell of changes. */
  readonly changes: Changes;
  isOver = false;
  /**
   * No other call may have it if sessions are leased. The backend has asked something that belongs to no call, and may do
   * so again, while another client has the session. Or its credential was renewed.
   */
  isTainted = false;
  #users = 0;
  readonly #whenOver = new Set<() => void>();
  #stopTimer: (() => void) | undefined;

  constructor(
    readonly key: string,
    readonly transport: InnerTransport,
    readonly session: PooledSession,
    lists: Listeners,
    opener: ModernCall,
    post: Post,
  ) {
    transport.onSessionClosed = () => {
      this.#over();
    };
    transport.onUnowned = () => {
      this.isTainted = true;
      // The backend is told first that nobody will answer.
      if (this.isUnused) this.endIn(0);
    };
    this.changes = new Changes(transport, lists, async (method, uri) => {
      await this.request(method, UNPOSTED, { uri });
    });
    this.initialized = this.#initialize(opener, post);
    this.initialized.catch(() => {
      // Each call that waits for it hears of it, and then ends the session. Those that do not wait any more cannot.
      if (this.isUnused) this.end('it was not initialized');
    });
  }

  get isUnused(): boolean {
    return this.#users === 0;
  }

  /** A call uses the session from now on. */
  enter(): void {
    this.#users += 1;
    this.#stopTimer?.();
    this.session.connected();
  }

  leave(): void {
    this.#users -= 1;
    this.session.disconnected();
  }

  /** Ends the session, unless it is used until then. */
  endIn(ms: number): void {
    this.#stopTimer = after(ms, () => {
      if (this.#users === 0) this.end('no client needs it');
    });
  }

  end(reason: string): void {
    if (this.isOver) return;
    this.#over();
    void this.session.end(reason, 'idle');
  }

  /** Calls back when the session is over. @returns a function that takes this back */
  whenOver(callback: () => void): () => void {
    this.#whenOver.add(callback);
    return () => {
      this.#whenOver.delete(callback);
    };
  }

  #over(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#stopTimer?.();
    for (const tell of [...this.#whenOver]) tell();
  }

  async #initialize({ capabilities, clientInfo = UNNAMED }: ModernCall, post: Post): Promise<Fields> {
    const { transport } = this;
    const result = await this.request('initialize', post, {
      protocolVersion: LEGACY_VERSION,
      capabilities: legacyCapabilities(capabilities),
      clientInfo,
    });
    transport.feed({ jsonrpc: '2.0', method: 'notifications/initialized' });
    // Each call chooses for itself what it wants of all that. No call waits for it, nor fails with it.
    if (isRecord(result['capabilities']) && isRecord(result['capabilities']['logging']))
      this.request('logging/setLevel', UNPOSTED, { level: 'debug' }).catch(() => undefined);
    return result;
  }

  /** A request that no client has sent. */
  request(method: string, post: Post, params: Fields): Promise<Fields> {
    const { transport } = this;
    const id = transport.nextId();
    return new Promise((resolve, reject) => {
      const received = (message: JsonRpcMessage): void => {
        if (!isResponse(message)) return;
        stopTimer();
        transport.forget(id);
        if (isRecord(message.result)) resolve(message.result);
        else reject(new NotInitialized(message));
      };
      const stopTimer = after(ANSWER_TIMEOUT_MS, () => {
        received(errorAnswer(id, `The backend has not answered ${method} in time`));
      });
      post.run(() => {
        transport.begin({ jsonrpc: '2.0', id, method, params }, { mayAsk: false, received }, post);
      });
    });
  }
}
