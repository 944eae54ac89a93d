import { createHash, timingSafeEqual } from 'node:crypto';

/** What the credential of a request is to that of the session which it names. */
export type Relation =
  | 'same'
  /** Another token of the same user, if nobody has made it up; or the first one in a session of nobody. */
  | 'newer'
  /** Another token, where one of the two does not say whose it is. */
  | 'of nobody knows whom'
  | 'of another';

const TOKEN = /^(?:Bearer|DPoP) +([\w.~+/-]+=*)$/i;

/** Of who says nothing of himself: most, and it must be no digest of anything said. */
const ANONYMOUS = digest('');

/** Who a client says to be. What it has said is not kept, only known again. */
export class Credential {
  readonly #authorization: Buffer;
  readonly #others: Buffer;
  readonly #isToken: boolean;
  /** Whose a token says that it is. */
  readonly #user: Buffer | undefined;

  /** @param names the headers that say who the client is, in addition to `authorization` */
  constructor(headers: Pick<Headers, 'get'>, names: readonly string[]) {
    const authorization = headers.get('authorization');
    const others = names.filter((name) => name.toLowerCase() !== 'authorization').map((name) => headers.get(name));
    this.#authorization = authorization === null ? ANONYMOUS : digest(`:${authorization}`);
    // As JSON, so that no two lists of values read the same.
    this.#others = others.every((value) => value === null) ? ANONYMOUS : digest(JSON.stringify(others));
    const token = TOKEN.exec(authorization ?? '')?.[1];
    this.#isToken = token !== undefined;
    const user = token === undefined ? undefined : userIn(token);
    this.#user = user === undefined ? undefined : digest(user);
  }

  /** The same of two that are the same, and of no others. */
  get key(): string {
    return `${this.#authorization.toString('base64')} ${this.#others.toString('base64')}`;
  }

  /** What another one, of a later request, is to this. */
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
 * The user whom a JSON Web Token names, and who has said so. Nothing is verified here: whoever accepts the token has done that.
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

/** Of one length whatever goes in, so that a comparison takes the same time for all. */
export function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
