import { createHash, timingSafeEqual } from 'node:crypto';

/** How the credential of a request relates to the credential of its session. */
export type Relation =
  | 'same'
  /** Another token that names the same user, if it is genuine; or the first token in an anonymous session. */
  | 'newer'
  /** Another token, where at least one of the two names no user. */
  | 'of nobody knows whom'
  | 'of another';

const TOKEN = /^(?:Bearer|DPoP) +([\w.~+/-]+=*)$/i;

/** For clients that send no credential, which is most of them. It must differ from the digest of every real value. */
const ANONYMOUS = digest('');

/** The identity that a client claims. Only digests are kept: they recognize the values but do not reveal them. */
export class Credential {
  readonly #authorization: Buffer;
  readonly #others: Buffer;
  readonly #isToken: boolean;
  /** Digest of the user that the token names. */
  readonly #user: Buffer | undefined;

  /** @param names the headers that say who the client is, in addition to `authorization` */
  constructor(headers: Pick<Headers, 'get'>, names: readonly string[]) {
    const authorization = headers.get('authorization');
    const others = names.filter((name) => name.toLowerCase() !== 'authorization').map((name) => headers.get(name));
    this.#authorization = authorization === null ? ANONYMOUS : digest(`:${authorization}`);
    // JSON gives every list of values its own text.
    this.#others = others.every((value) => value === null) ? ANONYMOUS : digest(JSON.stringify(others));
    const token = TOKEN.exec(authorization ?? '')?.[1];
    this.#isToken = token !== undefined;
    const user = token === undefined ? undefined : userIn(token);
    this.#user = user === undefined ? undefined : digest(user);
  }

  /** Equal for equal credentials only. */
  get key(): string {
    return `${this.#authorization.toString('base64')} ${this.#others.toString('base64')}`;
  }

  /** Whether it tells its client from others. @param hasCommonToken all clients present the same token */
  tellsWho(hasCommonToken: boolean): boolean {
    return this.#others !== ANONYMOUS || (!hasCommonToken && this.#authorization !== ANONYMOUS);
  }

  /** How the credential of a later request relates to this one. */
  relationOf(other: Credential): Relation {
    const isOtherwiseSame = timingSafeEqual(this.#others, other.#others);
    if (isOtherwiseSame && timingSafeEqual(this.#authorization, other.#authorization)) return 'same';
    if (!isOtherwiseSame || !other.#isToken) return 'of another';
    if (this.#authorization === ANONYMOUS) return 'newer';
    if (!this.#isToken) return 'of another';
    if (this.#user === undefined || other.#user === undefined) return 'of nobody knows whom';
    return timingSafeEqual(this.#user, other.#user) ? 'newer' : 'of another';
  }
}

/**
 * The issuer and user that a JSON Web Token names. Nothing is verified here: that is up to whoever accepts the token.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9068
 */
function userIn(token: string): string | undefined {
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token) ?? [];
  if (payload === undefined) return undefined;
  try {
    const { iss, sub } = Object(JSON.parse(Buffer.from(payload, 'base64url').toString())) as Record<string, unknown>;
    const isNamed = typeof iss === 'string' && iss !== '' && typeof sub === 'string' && sub !== '';
    return isNamed ? JSON.stringify([iss, sub]) : undefined;
  } catch {
    return undefined;
  }
}

/** Has the same length for every input, so that a comparison always takes the same time. */
export function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
