/** Notes things in the order in which they happen, and lets a test wait for one. */
export class Journal<T> {
  readonly all: T[] = [];
  readonly #waiting = new Set<(item: T) => void>();

  note(item: T): void {
    this.all.push(item);
    for (const look of [...this.#waiting]) look(item);
  }

  /** The first that fits, of those that have happened or will: all, or those after the first `from`. */
  async first(fits: (item: T) => boolean, from = 0): Promise<T> {
    const known = this.all.slice(from).find(fits);
    if (known !== undefined) return known;
    return this.next(fits);
  }

  /** The first from now on that fits. */
  async next(fits: (item: T) => boolean = () => true): Promise<T> {
    return new Promise((resolve) => {
      const look = (item: T): void => {
        if (!fits(item)) return;
        this.#waiting.delete(look);
        resolve(item);
      };
      this.#waiting.add(look);
    });
  }
}
