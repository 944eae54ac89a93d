/** A shorter value (`1`, `true`, `info`) is not a secret. Hiding it would hide ordinary words. */
const SHORTEST_SECRET = 8;

const HIDDEN = '***';

/** Texts that are never shown. A server may repeat what it was given in its answers and its output. */
export class Secrets {
  /** How many times each text is hidden. Two sessions may have the same secret. */
  readonly #holders = new Map<string, number>();
  /** If one secret begins with another, replacing the shorter one first would leave the rest of the longer one. */
  #longestFirst: readonly string[] | undefined;

  constructor(secrets: readonly string[] = []) {
    for (const secret of secrets) this.hide(secret);
  }

  /** @returns a function that ends the hiding, unless somebody else hides the same secret */
  hide(secret: string): () => void {
    if (secret.length < SHORTEST_SECRET) return () => undefined;
    // Many servers repeat what they were given as JSON.
    const forms = new Set([secret, JSON.stringify(secret).slice(1, -1)]);
    for (const form of forms) this.#hold(form, 1);
    return () => {
      for (const form of forms) this.#hold(form, -1);
      forms.clear();
    };
  }

  /** Uses no regular expression: one of all secrets takes seconds to compile, at each begin and end of a session. */
  redact(text: string): string {
    this.#longestFirst ??= [...this.#holders.keys()].sort((one, other) => other.length - one.length);
    let redacted = text;
    for (const secret of this.#longestFirst)
      if (secret.length <= redacted.length) redacted = redacted.replaceAll(secret, HIDDEN);
    return redacted;
  }

  /** Redacts a text that was cut off. Also removes what may be the beginning of a secret at its end. */
  redactCut(text: string): string {
    const redacted = this.redact(text);
    const ends = [...this.#holders.keys()].map((secret) => redacted.length - lengthOfBeginning(secret, redacted));
    return redacted.slice(0, Math.min(redacted.length, ...ends));
  }

  /** How much of a text may be shown before the rest is known. It stops where a secret may have begun. */
  cut(text: string): number {
    const secrets = [...this.#holders.keys()];
    let end = Math.min(text.length, ...secrets.map((secret) => text.length - lengthOfBeginning(secret, text)));
    // The cut must not split a complete secret either. Moving the cut may split another one, so this repeats.
    for (let before = -1; before !== end;) {
      before = end;
      for (const secret of secrets) {
        const at = text.lastIndexOf(secret, end - 1);
        if (at >= 0 && at + secret.length > end) end = at;
      }
    }
    return end;
  }

  /** Redacts every text in a value. Property names stay, unless they are not ours. */
  redactIn(value: unknown, names: 'ours' | 'theirs' = 'ours'): unknown {
    if (typeof value === 'string') return this.redact(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((one) => this.redactIn(one, names));
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [
        names === 'ours' ? name : this.redact(name),
        this.redactIn(one, names),
      ]),
    );
  }

  #hold(secret: string, by: 1 | -1): void {
    const holders = (this.#holders.get(secret) ?? 0) + by;
    if (holders > 0) this.#holders.set(secret, holders);
    else this.#holders.delete(secret);
    this.#longestFirst = undefined;
  }
}

/** How many characters of the beginning of a secret a text ends with. */
function lengthOfBeginning(secret: string, text: string): number {
  // Compares only where the first characters match, because there may be thousands of secrets, each as long.
  const head = secret.slice(0, SHORTEST_SECRET);
  const from = Math.max(0, text.length - secret.length + 1);
  for (let at = text.indexOf(head, from); at >= 0; at = text.indexOf(head, at + 1))
    if (secret.startsWith(text.slice(at))) return text.length - at;
  let length = Math.min(head.length - 1, secret.length - 1, text.length);
  while (length > 0 && !text.endsWith(head.slice(0, length))) length--;
  return length;
}
