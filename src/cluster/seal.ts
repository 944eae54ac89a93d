import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { BackchannelError } from '../errors.js';

/** A shorter secret can be guessed by whoever sees a sealed text. */
const SHORTEST_SECRET = 16;

const KEY_BYTES = 32;
const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** What a seal is for. A text that was sealed for one purpose is worth nothing for another. */
const PURPOSES = ['lease', 'request', 'record', 'name'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Seals texts with the secret that all nodes of a cluster share. Each purpose has a key of its own. */
export class Seal {
  readonly #keys: Readonly<Record<Purpose, Uint8Array>>;

  /** @throws BackchannelError `INVALID_OPTION` if the secret is too short */
  constructor(secret: string) {
    if (secret.length < SHORTEST_SECRET)
      throw new BackchannelError(
        'INVALID_OPTION',
        `the secret of a cluster must have at least ${SHORTEST_SECRET} characters; make one with: openssl rand -base64 32`,
      );
    const keys = PURPOSES.map((purpose) => [purpose, keyFor(secret, purpose)]);
    this.#keys = Object.fromEntries(keys) as Record<Purpose, Uint8Array>;
  }

  /** @returns the authentication code of these parts, in their order */
  mac(purpose: Purpose, ...parts: readonly (string | Uint8Array)[]): string {
    return this.#digest(purpose, parts).toString('base64url');
  }

  /** Whether it is the code of these parts. Takes the same time wherever they differ. */
  isMac(mac: string, purpose: Purpose, ...parts: readonly (string | Uint8Array)[]): boolean {
    const expected = this.#digest(purpose, parts);
    const given = Buffer.from(mac, 'base64url');
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  /** Encrypts a record. `about` names it: the text cannot be read under another name. */
  encrypt(about: string, text: string): string {
    const salt = randomBytes(SALT_BYTES);
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#keyOfRecord(salt), iv).setAAD(Buffer.from(about));
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([salt, iv, cipher.getAuthTag(), body]).toString('base64url');
  }

  /** @returns `undefined` if the text was altered, or was encrypted under another name or with another secret */
  decrypt(about: string, sealed: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64url');
    const [salt, iv, tag, body] = cut(bytes, SALT_BYTES, IV_BYTES, TAG_BYTES);
    if (salt === undefined || iv === undefined || tag?.length !== TAG_BYTES || body === undefined) return undefined;
    const options = { authTagLength: TAG_BYTES };
    const decipher = createDecipheriv('aes-256-gcm', this.#keyOfRecord(salt), iv, options);
    decipher.setAAD(Buffer.from(about)).setAuthTag(tag);
    try {
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    } catch {
      return undefined;
    }
  }

  #digest(purpose: Purpose, parts: readonly (string | Uint8Array)[]): Buffer {
    const hmac = createHmac('sha256', this.#keys[purpose]);
    for (const part of parts) {
      const bytes = typeof part === 'string' ? Buffer.from(part) : part;
      // With its length first, no part can pass for the end of the one before.
      hmac.update(`${bytes.length}:`).update(bytes);
    }
    return hmac.digest();
  }

  /** Each record has a key of its own, because a random IV is safe for 2^32 texts of one key only. */
  #keyOfRecord(salt: Uint8Array): Uint8Array {
    return this.#digest('record', [salt]);
  }
}

function keyFor(secret: string, purpose: Purpose): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `mcp-backchannel cluster ${purpose}`, KEY_BYTES));
}

function cut(bytes: Buffer, ...lengths: readonly number[]): readonly Buffer[] {
  let at = 0;
  const parts = lengths.map((length) => bytes.subarray(at, (at += length)));
  return [...parts, bytes.subarray(at)];
}
