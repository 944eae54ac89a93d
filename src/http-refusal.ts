/** The headers of a refusal that its receiver acts on. */
const RELAYED = ['content-type', 'dpop-nonce', 'retry-after', 'www-authenticate'] as const;

/** A backend answered over HTTP, and the answer is no message: its status, and as much of it as can be passed on. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';

  constructor(
    readonly status: number,
    message: string,
    /** Those of RELAYED that it had. */
    readonly headers: Readonly<Record<string, string>> = {},
    /** Its body; nothing where that was too long, or broke off. */
    public body = '',
  ) {
    super(message);
  }
}

/** Of the headers of an answer, those that are passed on. */
export function relayedHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    RELAYED.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]];
    }),
  );
}
