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

  /** How much of a text may be shown before the rest is known: up to where a secret may have begun. */
  cut(text: string): number {
    const secrets = [...this.#holders.keys()];
    let end = Math.min(text.length, ...secrets.map((secret) => text.length - lengthOfBeginning(secret, text)));
    // A secret that is there already must not be parted either, nor one that this one overlaps.
    for (let before = -1; before !== end;) {
      before = end;
      for (const secret of secrets) {
        const at = text.lastIndexOf(secret, end - 1);
        if (at >= 0 && at + secret.length > end) end = at;
      }
    }
    return end;
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
  // Only where its first characters stand, for there may be thousands of secrets, each as long.
  const head = secret.slice(0, SHORTEST_SECRET);
  const from = Math.max(0, text.length - secret.length + 1);
  for (let at = text.indexOf(head, from); at >= 0; at = text.indexOf(head, at + 1))
    if (secret.startsWith(text.slice(at))) return text.length - at;
  let length = Math.min(head.length - 1, secret.length - 1, text.length);
  while (length > 0 && !text.endsWith(head.slice(0, length))) length--;
  return length;
}
