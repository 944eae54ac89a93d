/** A shorter value is no secret (`1`, `true`, `info`), and to hide it would hide ordinary words. */
const SHORTEST_SECRET = 8;

const HIDDEN = '***';

/** What is never shown, whoever says it: what a server answers or prints may repeat what it was given. */
export class Secrets {
  /** How often each is hidden: two sessions may have been given the same. */
  readonly #holders = new Map<string, number>();
  #pattern: RegExp | undefined;

  /** @returns shows it again, where nobody else hides it */
  hide(secret: string): () => void {
    if (secret.length < SHORTEST_SECRET) return () => undefined;
    this.#hold(secret, 1);
    let isHeld = true;
    return () => {
      if (isHeld) this.#hold(secret, -1);
      isHeld = false;
    };
  }

  redact(text: string): string {
    return this.#holders.size === 0 ? text : text.replace((this.#pattern ??= this.#compile()), HIDDEN);
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
    this.#pattern = undefined;
  }

  #compile(): RegExp {
    // Many a server repeats what it was given as JSON.
    const forms = [...this.#holders.keys()].flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
    // The longest first: of one that begins like another, the rest would be left.
    forms.sort((one, other) => other.length - one.length);
    return new RegExp(forms.map(escaped).join('|'), 'g');
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
