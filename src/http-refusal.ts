/** The headers of a refusal that its receiver acts on. */
const RELAYED = ['content-type', 'dpop-nonce', 'retry-after', 'www-authenticate'] as const;

/** A backend's HTTP answer that is not a message: its status, and as much of it as can be passed on. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';

  constructor(
    readonly status: number,
    message: string,
    /** The headers in `RELAYED` that the answer has. */
    readonly headers: Readonly<Record<string, string>> = {},
    /** The body. Empty if it was too long or broke off. */
    public body = '',
  ) {
    super(message);
  }
}

/** The headers of an answer that are passed on. */
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
