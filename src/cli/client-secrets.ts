import { HttpRefusal } from '../http-refusal.js';
import type { PassedHeaders } from '../proxy/client-transport.js';
import type { TransportLike } from '../transport-like.js';
import type { Logs } from './logs.js';
import type { Discretion } from '../backends/modern/index.js';
import type { Secrets } from './secrets.js';

interface PassingTransport extends TransportLike {
  usePassed?(headers: PassedHeaders): void;
}

/** The secrets in a header: its whole value, such as `Bearer abc`, and the value without its scheme. */
export function secretsIn([, value]: readonly [name: string, value: string]): readonly string[] {
  return [value, value.slice(value.lastIndexOf(' ') + 1)];
}

/**
 * Hides the credentials that the client of one session passes on, because a server may repeat them. They are hidden
 * only while they are in use: otherwise a client could choose any word and hide it in the logs of all sessions.
 */
export class ClientSecrets {
  readonly #hidden = new Map<string, number>();

  constructor(
    private readonly logs: Logs,
    /** The names of the headers that hold credentials. */
    private readonly names: readonly string[],
  ) {}

  /** The secrets that the client must not be shown: its own and ours. */
  get all(): Secrets {
    return this.logs.secretsFor([...this.#hidden.keys()]);
  }

  /** @returns a function that ends the hiding */
  hide(headers: PassedHeaders): () => void {
    const secrets = this.names.flatMap((name) => secretsIn([name, headers[name] ?? '']));
    const show = this.logs.hideForNow(secrets);
    for (const secret of secrets) this.#count(secret, 1);
    return () => {
      show();
      for (const secret of secrets.splice(0)) this.#count(secret, -1);
    };
  }

  /** Whether both hold the same credentials. */
  areSame(one: PassedHeaders, other: PassedHeaders): boolean {
    return this.names.every((name) => one[name] === other[name]);
  }

  #count(secret: string, by: 1 | -1): void {
    const count = (this.#hidden.get(secret) ?? 0) + by;
    if (count > 0) this.#hidden.set(secret, count);
    else this.#hidden.delete(secret);
  }
}

/**
 * Hides credentials in the errors of a transport. They tell the client why a message could not be sent, and a server's
 * error page may repeat credentials, including ours.
 *
 * @param showAgain ends the hiding of `passed`, which the caller has already hidden
 */
export function discreet<T extends PassingTransport>(
  transport: T,
  secrets: ClientSecrets,
  passed: PassedHeaders,
  showAgain: () => void,
): T {
  let ofSession = passed;
  let show = showAgain;
  transport.onclose = () => {
    show();
  };
  const discreetly = async (work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => {
      throw redacted(error, secrets.all);
    });
  const [start, send] = [transport.start.bind(transport), transport.send.bind(transport)];
  const usePassed = transport.usePassed?.bind(transport);
  transport.start = async () => discreetly(start());
  transport.send = async (message, options?: { readonly headers?: PassedHeaders }) => {
    const { headers = ofSession } = options ?? {};
    if (secrets.areSame(headers, ofSession)) return discreetly(send(message, options));
    const showNow = secrets.hide(headers);
    return discreetly(send(message, options)).finally(showNow);
  };
  if (usePassed !== undefined) {
    transport.usePassed = (headers) => {
      const shown = show;
      show = secrets.hide(headers);
      shown();
      ofSession = headers;
      usePassed(headers);
    };
  }
  return transport;
}

/**
 * Hides credentials that come with a single message, until it is answered.
 *
 * @param names of the headers that hold credentials
 */
export function discretionFor(passed: PassedHeaders, logs: Logs, names: readonly string[]): Discretion {
  const secrets = new ClientSecrets(logs, names);
  const end = secrets.hide(passed);
  return {
    redactCut: (text) => secrets.all.redactCut(text),
    redacted: (error) => redacted(error, secrets.all),
    end,
  };
}

/** The same error without secrets. It tells the client why a message could not be sent. */
function redacted(error: unknown, secrets: Secrets): unknown {
  if (error instanceof HttpRefusal) {
    const { status, message, headers, body } = error;
    return new HttpRefusal(
      status,
      secrets.redact(message),
      secrets.redactIn(headers) as PassedHeaders,
      secrets.redact(body),
    );
  }
  if (error instanceof Error) error.message = secrets.redact(error.message);
  return error;
}
