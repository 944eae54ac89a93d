import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import type { Redis } from 'ioredis';
import { debug } from '../debug.js';
import { asError, BackchannelError } from '../errors.js';
import { ENGINE_BOUND_MS, type Beat, type Engine, type Lease } from './engine.js';
import { redisAddress, type RedisAddress } from './redis-address.js';
import { BEAT, LEAVE, REPLACE, SINCE, type Script } from './redis-scripts.js';

/** Shorter than the bound, so that the error tells what Redis did not do. */
const COMMAND_TIMEOUT_MS = ENGINE_BOUND_MS - 100;
/** A Redis that is back is noticed by the next beat. The spread keeps nodes from coming all at once. */
const RECONNECT_MS = 200;
const RECONNECT_SPREAD_MS = 100;
const DISCONNECT_TIMEOUT_MS = 100;
/** The keys of a cluster that has ended are kept for so long. */
const KEEP_MS = 24 * 60 * 60_000;

export interface RedisEngineOptions {
  /** `redis://` or `rediss://` (TLS), with user, password and the number of the database. */
  readonly url: string;
  /** Added to the options of TLS: an authority of your own, a client certificate. Turns TLS on. */
  readonly tls?: ConnectionOptions;
  /** With what the keys begin. Nodes with another prefix are another cluster. @default 'mcpb' */
  readonly prefix?: string;
}

/** An engine on Redis or Valkey. It connects at its first call. */
export class RedisEngine implements Engine {
  readonly #address: RedisAddress;
  readonly #leaseKeys: readonly string[];
  #client: Promise<Redis> | undefined;
  #isClosed = false;
  /** Why the connection broke. A command that finds none says only that there is none. */
  #lastError: Error | undefined;

  /** @throws BackchannelError `INVALID_OPTION` if the URL or the prefix is not allowed */
  constructor(private readonly options: RedisEngineOptions) {
    this.#address = redisAddress(options.url);
    const { prefix = 'mcpb' } = options;
    if (!/^[\w.:-]+$/.test(prefix))
      throw new BackchannelError('INVALID_OPTION', 'the prefix of a cluster must be of letters, digits and _ . : -');
    this.#leaseKeys = [`{${prefix}}:until`, `{${prefix}}:leases`];
  }

  readonly load = (): Promise<unknown> => load();

  async beat(lease: Lease, leaseMs: number): Promise<Beat> {
    const reply = await this.#run(BEAT, this.#leaseKeys, [lease.node, lease.text, leaseMs, KEEP_MS]);
    const [now, before, fields] = reply as [number, string | null, string[]];
    const texts = new Map(pairs(fields));
    const since = Number(texts.get(SINCE) ?? now);
    texts.delete(SINCE);
    return { leases: [...texts].map(([node, text]) => ({ node, text })), before: before ?? undefined, since, now };
  }

  async leave(node: string): Promise<void> {
    await this.#run(LEAVE, this.#leaseKeys, [node]);
  }

  async put(key: string, text: string, ttlMs: number): Promise<void> {
    await this.#ask((client) => client.set(this.#recordKey(key), text, 'PX', ttlMs));
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#ask((client) => client.get(this.#recordKey(key)))) ?? undefined;
  }

  async replace(key: string, before: string, after: string, ttlMs: number): Promise<boolean> {
    return (await this.#run(REPLACE, [this.#recordKey(key)], [before, after, ttlMs])) === 1;
  }

  async delete(key: string): Promise<void> {
    await this.#ask((client) => client.del(this.#recordKey(key)));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const client = await this.#client?.catch(() => undefined);
    client?.disconnect();
    // A Redis that stands still does not close its end.
    if (client !== undefined) cutOff(client);
  }

  #recordKey(key: string): string {
    return `{${this.options.prefix ?? 'mcpb'}}:record:${key}`;
  }

  #run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.#ask(async (client) => {
      try {
        return await client.evalsha(script.sha, keys.length, ...keys, ...args);
      } catch (error) {
        // Redis has forgotten it, or never had it.
        if (!asError(error).message.startsWith('NOSCRIPT')) throw error;
        return await client.eval(script.lua, keys.length, ...keys, ...args);
      }
    });
  }

  async #ask<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    const client = await (this.#client ??= this.#connect());
    try {
      return await work(client);
    } catch (error) {
      const cause = asError(error);
      // A connection that has gone dead would be noticed by its retransmissions only, up to a minute after the network is back.
      if (cause.message === 'Command timed out') cutOff(client);
      throw this.#named(client.status === 'ready' ? cause : (this.#lastError ?? cause));
    }
  }

  async #connect(): Promise<Redis> {
    if (this.#isClosed) throw new BackchannelError('CLOSED', 'the connection to the engine of the cluster was closed');
    const Client = await load();
    const { isTls, servername, ...address } = this.#address;
    const isSecure = isTls || this.options.tls !== undefined;
    const client = new Client({
      ...address,
      ...(isSecure && { tls: { ...(servername !== undefined && { servername }), ...this.options.tls } }),
      lazyConnect: true,
      // What was not sent is asked again by the next beat. What was sent may have been done.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: COMMAND_TIMEOUT_MS,
      commandTimeout: COMMAND_TIMEOUT_MS,
      disconnectTimeout: DISCONNECT_TIMEOUT_MS,
      retryStrategy: () => RECONNECT_MS + Math.random() * RECONNECT_SPREAD_MS,
      // These need rights that we do not need.
      enableReadyCheck: false,
      disableClientInfo: true,
      protocol: 2,
    });
    client.on('ready', () => (this.#lastError = undefined));
    client.on('error', (error: Error) => {
      this.#lastError = error;
      debug.cluster('%s', this.#named(error).message);
    });
    // If it fails, each call says so, until it has been tried again.
    await client.connect().catch(() => undefined);
    return client;
  }

  /** Only the text is kept: errors of ioredis carry the arguments of their command, a password among them. */
  #named(error: Error & { code?: string }): BackchannelError {
    const { host, port, password } = this.#address;
    const text = error.message === '' ? (error.code ?? error.name) : error.message;
    const safe = password === undefined ? text : text.replaceAll(password, '***');
    return new BackchannelError('CLUSTER_ENGINE', `Redis at ${host}:${port}: ${safe}`);
  }
}

/** Before it has connected, a client has no stream, although its type says so. */
function cutOff(client: { readonly stream: Duplex | undefined }): void {
  client.stream?.destroy();
}

async function load(): Promise<typeof Redis> {
  try {
    return (await import('ioredis')).Redis;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new BackchannelError('INVALID_OPTION', 'a cluster on Redis needs the package ioredis: npm install ioredis');
  }
}

function pairs(fields: readonly string[]): [string, string][] {
  return fields.flatMap((field, at) => (at % 2 === 0 ? [[field, fields[at + 1] ?? ''] as [string, string]] : []));
}
