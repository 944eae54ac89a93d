import { createParser } from 'eventsource-parser';
import { endsWithin } from '../../ends-within.js';
import { asksForCredentials, mayPass } from '../../http-status.js';
import { MODERN_VERSION } from '../../modern-era.js';
import type { ModernRelay, RelayListener, RelayedAsk, RelayedPost } from '../../modern-relay.js';
import { isRecord } from '../../routing/message.js';
import { clientIn, headersOf, withEnvelope } from './envelope.js';
import { DISCOVERY_TIMEOUT_MS, type KnownEra } from './known-era.js';

const DISCOVER = 'server/discover';

/** What a server is: of revision 2026-07-28, of an earlier one, or it did not say. */
type Found = 'modern' | 'legacy' | undefined;

/**
 * Finds out whether a server may be reached without translation, and remembers it. The first message of a modern client
 * makes it ask the server. A server that serves both eras is modern here.
 */
export class AutoRelay implements ModernRelay {
  #found: Found;
  #asking: Promise<void> | undefined;

  /** @param era what the sessions with the server have found out. It may be another server by then */
  constructor(
    private readonly relay: ModernRelay,
    private readonly era: KnownEra,
  ) {}

  /** @returns what to send the client's message through. Nothing if the server is not known to be modern */
  relayFor(asked: RelayedAsk): ModernRelay | undefined | Promise<ModernRelay | undefined> {
    if (this.#found !== undefined) return this.#choice(asked);
    this.#asking ??= this.#ask(asked.headers).finally(() => (this.#asking = undefined));
    return this.#asking.then(() => this.#choice(asked));
  }

  post(post: RelayedPost, listener: RelayListener): () => void {
    return this.relay.post(post, {
      ...listener,
      whole: (status, headers, body) => {
        this.#doubt(status);
        listener.whole(status, headers, body);
      },
      refused: (refusal) => {
        this.#doubt(refusal.status);
        listener.refused(refusal);
      },
    });
  }

  /** A session with a legacy server would know nothing of the call that is repeated here. */
  #choice({ isRetry }: RelayedAsk): ModernRelay | undefined {
    const isModern = this.#found === 'modern' || this.era.isModern || (this.#found === undefined && isRetry);
    return isModern ? this : undefined;
  }

  /** A modern server refuses what is wrong. Another one, which may have taken its place, refuses all. */
  #doubt(status: number): void {
    if (status >= 400) this.#found = undefined;
  }

  async #ask(clientHeaders: Headers): Promise<void> {
    let end: (() => void) | undefined;
    const answer = new Promise<Found>((resolve) => {
      end = this.relay.post(discovery(clientHeaders), told(resolve));
    });
    const isInTime = await endsWithin(DISCOVERY_TIMEOUT_MS, answer);
    end?.();
    // What says nothing to this is no server of that revision.
    this.#found = isInTime ? await answer : 'legacy';
    if (this.#found === 'legacy') this.era.isModern = false;
  }
}

function discovery(clientHeaders: Headers): RelayedPost {
  const params = withEnvelope({}, clientIn({}));
  return {
    body: JSON.stringify({ jsonrpc: '2.0', id: 'mcp-backchannel:discover', method: DISCOVER, params }),
    headers: {
      ...headersOf(DISCOVER, params),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    clientHeaders,
  };
}

/** Reads what the server says of itself. */
function told(found: (found: Found) => void): RelayListener {
  const parser = createParser({
    onEvent: ({ data }) => {
      if (isModern(data)) found('modern');
    },
  });
  return {
    events: (text) => {
      parser.feed(text);
    },
    whole: (status, headers, body) => {
      found(isModern(body) ? 'modern' : refusalOf(status, headers));
    },
    refused: ({ status, headers }) => {
      found(refusalOf(status, headers));
    },
    ended: () => {
      found('legacy');
    },
    broke: () => {
      found(undefined);
    },
  };
}

/** Who may not ask, or not now, learns nothing. */
function refusalOf(status: number, headers: Readonly<Record<string, string>>): Found {
  return mayPass(status) || asksForCredentials(status, headers) ? undefined : 'legacy';
}

function isModern(json: string): boolean {
  try {
    const { result } = Object(JSON.parse(json)) as { readonly result?: unknown };
    const versions = isRecord(result) ? result['supportedVersions'] : undefined;
    return Array.isArray(versions) && versions.includes(MODERN_VERSION);
  } catch {
    return false;
  }
}
