/** What has happened, in order; one can wait for what has not happened yet. */
export class Log<T> {
  readonly items: T[] = [];
  readonly #waiting = new Set<(item: T) => void>();

  push(item: T): void {
    this.items.push(item);
    for (const look of [...this.#waiting]) look(item);
  }

  /** The first item that fits, of those already here too: all, or those after the first `from`. */
  async first(fits: (item: T) => boolean, from = 0): Promise<T> {
    const known = this.items.slice(from).find(fits);
    if (known !== undefined) return known;
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
