/**
 * Time that passes when it is told to. Stands in for the timers and the clock that the source uses, and for
 * nothing else: promises settle as they do, and a runner's own timers are left alone once it is uninstalled.
 */
export class VirtualClock {
  #now = 0;
  #next = 1;
  readonly #timers = new Map<number, { readonly due: number; readonly work: () => void }>();
  readonly #real = { setTimeout, clearTimeout, performance };

  get now(): number {
    return this.#now;
  }

  /** Timers that still run. */
  get pending(): number {
    return this.#timers.size;
  }

  install(): void {
    const set = (work: () => void, ms = 0): unknown => {
      const id = this.#next++;
      this.#timers.set(id, { due: this.#now + ms, work });
      return { id, unref: () => undefined };
    };
    const clear = (timer: { readonly id: number } | undefined): void => {
      if (timer !== undefined) this.#timers.delete(timer.id);
    };
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
    Object.assign(globalThis, { performance: { now: () => this.#now } });
  }

  uninstall(): void {
    Object.assign(globalThis, this.#real);
  }

  /** Lets time pass. Whatever a timer sets off has settled before the next one runs. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (let next = this.#due(until); next !== undefined; next = this.#due(until)) {
      const [id, { due, work }] = next;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, due);
      work();
      await settled();
    }
    this.#now = until;
  }

  #due(until: number): [number, { readonly due: number; readonly work: () => void }] | undefined {
    let first: [number, { readonly due: number; readonly work: () => void }] | undefined;
    for (const timer of this.#timers) {
      if (timer[1].due <= until && (first === undefined || timer[1].due < first[1].due)) first = timer;
    }
    return first;
  }
}

/** Every promise that can settle has settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
