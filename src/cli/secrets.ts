/** A shorter value is no secret (`1`, `true`, `info`), and to hide it would hide ordinary words. */
const SHORTEST_SECRET = 8;

const HIDDEN = '***';

/** What is never shown, whoever says it: what a server answers or prints may repeat what it was given. */
export class Secrets {
  /** How often each text is hidden: two sessions may have been given the same. */
  readonly #holders = new Map<string, number>();
  /** Of one that begins like another, the rest would be left. */
  #longestFirst: readonly string[] | undefined;

  constructor(secrets: readonly string[] = []) {
    for (const secret of secrets) this.hide(secret);
  }

  /** @returns shows it again, where nobody else hides it */
  hide(secret: string): () => void {
    if (secret.length < SHORTEST_SECRET) return () => undefined;
    // Many a server repeats what it was given as JSON.
    const forms = new Set([secret, JSON.stringify(secret).slice(1, -1)]);
    for (const form of forms) this.#hold(form, 1);
    return () => {
      for (const form of forms) this.#hold(form, -1);
      forms.clear();
    };
  }

  /** No regular expression: one of all texts would be compiled again, for seconds, whenever a session comes or goes. */
  redact(text: string): string {
    this.#longestFirst ??= [...this.#holders.keys()].sort((one, other) => other.length - one.length);
    let redacted = text;
    for (const secret of this.#longestFirst)
      if (secret.length <= redacted.length) redacted = redacted.replaceAll(secret, HIDDEN);
    return redacted;
  }

  /** Of a text that was cut off, what may be the beginning of a secret is left out, too. */
  redactCut(text: string): string {
    const redacted = this.redact(text);
    const ends = [...this.#holders.keys()].map((secret) => redacted.length - lengthOfBeginning(secret, redacted));
    return redacted.slice(0, Math.min(redacted.length, ...ends));
  }

  /** The same value, with no secret in any text of it. The names of properties are our own. */
  redactIn(value: unknown): unknown {
    if (typeof value === 'string') return this.redact(value);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, this.redactIn(one)]));
  }

  #hold(secret: string, by: 1 | -1): void {
    const holders = (this.#holders.get(secret) ?? 0) + by;
    if (holders > 0) this.#holders.set(secret, holders);
    else this.#holders.delete(secret);
    this.#longestFirst = undefined;
  }
}

/** How much of a secret a text ends with. */
function lengthOfBeginning(secret: string, text: string): number {
  let length = Math.min(secret.length - 1, text.length);
  while (length > 0 && !text.endsWith(secret.slice(0, length))) length--;
  return length;
}
