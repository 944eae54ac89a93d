import { textOf } from '../errors.js';
import type { Guard, Incoming } from '../proxy/guard.js';
import type { BackendRefusal } from '../proxy/options.js';
import type { Answer } from '../proxy/own-answers.js';

const RESOURCE = '/.well-known/oauth-protected-resource';
const SERVER = '/.well-known/oauth-authorization-server';

/** How long the backend may take to send a document, and how many bytes of it are read. */
const TIMEOUT_MS = 10_000;
const MAX_BYTES = 262_144;

const UNAUTHORIZED = 401;
const NOT_ALLOWED = { status: 405, headers: { allow: 'GET, HEAD' }, body: null };
const METADATA = /(\bresource_metadata\s*=\s*)("(?:[^"\\]|\\.)*"|[^\s,"]+)/gi;
const QUOTED = /"(?:[^"\\]|\\.)*"/g;

export interface ProtectedResourceOptions {
  /** The URL of the backend. */
  readonly backend: URL;
  /** The headers that are sent to the backend with every request. */
  readonly headers: readonly (readonly [string, string])[];
  /** Whether the token that the backend refuses is the client's, not ours. */
  readonly isForClient: boolean;
  /** Where clients reach the endpoint. @default the host that the client addresses, followed by `path` */
  readonly publicUrl: string | undefined;
  readonly path: string;
  readonly guard: Pick<Guard, 'check' | 'corsHeaders'>;
}

type Document = Readonly<Record<string, unknown>>;

/**
 * Tells clients who issues tokens for a backend over HTTP. It serves the backend's own metadata, with our address in
 * place of the backend's.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9728
 */
export class ProtectedResource {
  /** Where the backend said that its metadata is. */
  #named: URL | undefined;
  #hasRefused = false;
  /** Uses the same HTTP proxy as the messages, if there is one. */
  #fetch: Promise<typeof globalThis.fetch> | undefined;

  constructor(private readonly options: ProtectedResourceOptions) {}

  /** Turns the backend's refusal into ours. Its challenge then names our metadata instead of the backend's. */
  readonly relayRefusal = (
    refusal: BackendRefusal,
    { headers }: { readonly headers: Headers },
  ): BackendRefusal | undefined => {
    if (!this.options.isForClient) return undefined;
    if (refusal.status === UNAUTHORIZED) this.#hasRefused = true;
    const { 'www-authenticate': challenge, ...others } = refusal.headers;
    if (challenge === undefined) return refusal;
    const ours = metadataUrlOf(this.#publicUrl(headers));
    const renamed = replaceMetadata(challenge, (named) => {
      this.#remember(named);
      return ours;
    });
    return { ...refusal, headers: { ...others, 'www-authenticate': renamed } };
  };

  /** @returns the answer, if `path` is that of a metadata document */
  answer(path: string, incoming: Incoming): Promise<Answer> | undefined {
    const headers = incoming.allHeaders();
    const publicPath = new URL(this.#publicUrl(headers)).pathname;
    const isResource = [RESOURCE, RESOURCE + this.options.path, RESOURCE + publicPath].some(
      (one) => withoutSlash(one) === path,
    );
    if (!isResource && path !== SERVER) return undefined;
    return this.#guarded(incoming, () => (isResource ? this.#resource(headers) : this.#find([SERVER])));
  }

  async #guarded(incoming: Incoming, find: () => Promise<Document | undefined>): Promise<Answer> {
    const { guard } = this.options;
    const refusal = guard.check(incoming) ?? (['GET', 'HEAD'].includes(incoming.method) ? undefined : NOT_ALLOWED);
    const answer = refusal ?? (await find().then(found, failed));
    return { ...answer, headers: { ...answer.headers, ...guard.corsHeaders(incoming) } };
  }

  /** The backend's resource metadata, with our address. */
  async #resource(headers: Headers): Promise<Document | undefined> {
    const resource = this.#publicUrl(headers);
    const path = withoutSlash(this.options.backend.pathname);
    const places = [this.#named?.href, path === '/' ? undefined : RESOURCE + path, RESOURCE];
    const document = await this.#find(places.filter((place) => place !== undefined));
    if (document !== undefined) {
      // The signed metadata contains the backend's address.
      const { signed_metadata: _, ...rest } = document;
      return { ...rest, resource };
    }
    // This document is required since 2025-06-18. Before, a server issued tokens itself. Clients assume that of the
    // server whose address they know.
    const server = await this.#find([SERVER]);
    if (server === undefined && !this.#hasRefused) return undefined;
    const issuer = typeof server?.['issuer'] === 'string' ? server['issuer'] : this.options.backend.origin;
    return { resource, authorization_servers: [issuer] };
  }

  /** The first of these documents that the backend has. */
  async #find(places: readonly string[]): Promise<Document | undefined> {
    const { backend, headers } = this.options;
    const fetch = await (this.#fetch ??= fetchFor(backend));
    for (const place of places) {
      const response = await fetch(new URL(place, backend), {
        headers: [...headers.map(([name, value]): [string, string] => [name, value]), ['accept', 'application/json']],
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.ok) return documentIn(await textIn(response));
      await response.body?.cancel();
      if (response.status < 400 || response.status >= 500) throw new Error(`the backend answers ${response.status}`);
    }
    return undefined;
  }

  /** Ignores other origins: a backend must not make us send requests to any server it likes. */
  #remember(named: string): void {
    const url = URL.canParse(named) ? new URL(named) : undefined;
    if (url?.origin === this.options.backend.origin) this.#named = url;
  }

  #publicUrl(headers: Headers): string {
    const { publicUrl, path } = this.options;
    if (publicUrl !== undefined) return publicUrl;
    // With several proxies, the first value comes from the one that the client reached.
    const [forwarded] = (headers.get('x-forwarded-proto') ?? '').split(',', 1);
    const scheme = forwarded?.trim().toLowerCase() === 'https' ? 'https' : 'http';
    return `${scheme}://${headers.get('host') ?? ''}${path}`;
  }
}

/** Loads the HTTP client only when needed; see `upstream-factory.ts`. */
async function fetchFor(backend: URL): Promise<typeof globalThis.fetch> {
  return (await import('../backends/http/index.js')).fetchThrough(backend);
}

/** The URL of the metadata of this resource. */
function metadataUrlOf(resource: string): string {
  const { origin, pathname, search } = new URL(resource);
  return `${origin}${RESOURCE}${pathname === '/' ? '' : withoutSlash(pathname)}${search}`;
}

/** Replaces the URL of the metadata in a challenge. A name inside quotes is not a parameter. */
function replaceMetadata(challenge: string, replace: (named: string) => string): string {
  const quoted = [...challenge.matchAll(QUOTED)].map(({ index, 0: text }) => [index, index + text.length] as const);
  return challenge.replace(METADATA, (whole, name: string, value: string, at: number) => {
    if (quoted.some(([start, end]) => at > start && at < end)) return whole;
    const named = value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
    return `${name}"${replace(named)}"`;
  });
}

async function textIn({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`the document of the backend is longer than ${MAX_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

function documentIn(text: string): Document {
  const document: unknown = JSON.parse(text);
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new Error('the document of the backend is no JSON object');
  return document as Document;
}

function found(document: Document | undefined): Answer {
  return document === undefined ? json(404, { error: 'not found' }) : json(200, document);
}

function failed(error: unknown): Answer {
  return json(502, { error: `the backend has not given its metadata: ${textOf(error).slice(0, 200)}` });
}

function json(status: number, body: object): Answer {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { status, headers, body: `${JSON.stringify(body)}\n` };
}

function withoutSlash(path: string): string {
  return path.endsWith('/') && path !== '/' ? path.slice(0, -1) : path;
}
