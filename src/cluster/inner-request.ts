/**
 * Proves that a request on an inner listener comes from a node of this cluster, is meant for this node, is unaltered and
 * is new. The proof is one header:
 *
 *     mcp-backchannel-cluster: v1 <engine time> <nonce> <from> <to> <door> <digest of the body> <mac>
 *
 * The digest of the body stands in the header, so that a forged request is refused before its body is read.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Door, NotReceived, ReceivedRequest } from './cluster.js';
import { RecentNonces } from './recent-nonces.js';
import { canonical, endToEnd, namesIn, SIGNATURE_HEADER, valueOf } from './passed-headers.js';
import type { Seal } from './seal.js';

const VERSION = 'v1';

/** A request that is older, or newer, by the time of the engine, is refused. */
const MAX_AGE_MS = 30_000;

const NONCE_BYTES = 12;

/** A node, as far as this file needs to know it. */
export interface Signer {
  readonly seal: Seal;
  /** The current incarnation. */
  readonly self: string;
  /** The time of the engine, in milliseconds since the epoch. */
  engineNow(): number;
}

/** What is signed of a request. */
export interface Unsigned {
  readonly door: Door;
  readonly method: string;
  /** They must not change on the way. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array | undefined;
}

const NOTHING = new Uint8Array();

/** Signs requests to other nodes, and checks those that come from them. */
export class InnerRequests {
  readonly #seen: RecentNonces = new RecentNonces(2 * MAX_AGE_MS);
  /** A nonce needs to be new, not secret. */
  readonly #nonces = randomBytes(NONCE_BYTES).toString('base64url');
  #sent = 0;

  constructor(private readonly node: Signer) {}

  /** The headers to send: those of the client that another node may see, and the signature. */
  signed({ door, method, rawHeaders, body = NOTHING }: Unsigned, to: string): string[] {
    const { self, seal } = this.node;
    const passed = endToEnd(rawHeaders);
    const nonce = `${this.#nonces}.${(this.#sent++).toString(36)}`;
    const time = String(Math.round(this.node.engineNow()));
    const claims = [VERSION, time, nonce, self, to, door, digestOf(body)];
    const mac = seal.mac('request', ...parts(claims, method, passed));
    return [...passed, SIGNATURE_HEADER, [...claims, mac].join(' ')];
  }

  /** Checks a request, reads its body, and takes off its headers all that are not signed. */
  async received(request: IncomingMessage, maxBytes: number): Promise<ReceivedRequest | NotReceived> {
    const claims = this.#claimsOf(request);
    if (claims === undefined) return 'forged';
    if (claims.to !== this.node.self) return 'of another';
    const body = await readAll(request, maxBytes);
    if (body === 'too large') return body;
    if (body === undefined || digestOf(body) !== claims.digest) return 'forged';
    // Others may have been added on the way: they are not signed.
    request.rawHeaders = endToEnd(request.rawHeaders);
    const signed = namesIn(request.rawHeaders);
    request.headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => signed.has(name)));
    return { door: claims.door, body };
  }

  #claimsOf({ method = '', rawHeaders }: IncomingMessage): Claims | undefined {
    const claims = (valueOf(rawHeaders, SIGNATURE_HEADER) ?? '').split(' ');
    const mac = claims.pop() ?? '';
    const [version, time, nonce, , to, door, digest] = claims;
    if (version !== VERSION || nonce === undefined || to === undefined || digest === undefined) return undefined;
    if (door !== 'node' && door !== 'web') return undefined;
    if (!this.node.seal.isMac(mac, 'request', ...parts(claims, method, endToEnd(rawHeaders)))) return undefined;
    // Only what one of ours has made is remembered, so nobody else can fill the memory.
    const isInTime = Math.abs(Number(time) - this.node.engineNow()) <= MAX_AGE_MS;
    return isInTime && this.#seen.isNew(nonce) ? { to, door, digest } : undefined;
  }
}

interface Claims {
  readonly to: string;
  readonly door: Door;
  readonly digest: string;
}

function parts(claims: readonly string[], method: string, passed: readonly string[]): string[] {
  return [...claims, method, canonical(passed)];
}

function digestOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('base64url');
}

/** @returns `undefined` if it broke off */
function readAll(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too large' | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) resolve('too large');
      else chunks.push(chunk);
    });
    request.once('end', () => {
      resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
    const brokenOff = (): void => {
      resolve(undefined);
    };
    request.once('error', brokenOff).once('close', brokenOff);
  });
}
