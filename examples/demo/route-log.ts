import type { RouteEvent } from 'mcp-backchannel';

/** A route, as the proxy prints it. */
export type RouteLine = Pick<RouteEvent, 'session' | 'method' | 'relatedRequestId' | 'to' | 'evidence' | 'outcome'> & {
  /** The code of its error, if it has one. */
  readonly code?: string;
};

/** How long a line may take from the proxy to here before it counts as missing. */
const LATE_MS = 1000;

/** The routes that one proxy has printed. */
export class RouteLog {
  readonly #routes: RouteLine[] = [];
  readonly #waiting = new Set<() => void>();

  readonly add = (line: string): void => {
    this.#routes.push(JSON.parse(line) as RouteLine);
    for (const look of [...this.#waiting]) look();
  };

  /** A point in time, to ask for the routes since. */
  mark(): number {
    return this.#routes.length;
  }

  /** How the last message of a method ended since `mark`: by which evidence, or with which error. */
  lastOf(mark: number, session: string | undefined, method: string): string {
    const last = this.#routes
      .slice(mark)
      .findLast((route) => route.session === session && route.method === method && route.outcome !== 'parked');
    return last?.code ?? last?.evidence ?? '';
  }

  /** The routes of a method on a session since `mark`: the first `count`, or those there are when it gets late. */
  async since(mark: number, session: string | undefined, method: string, count: number): Promise<RouteLine[]> {
    return new Promise((resolve) => {
      const found = (): RouteLine[] =>
        this.#routes
          .slice(mark)
          .filter((route) => route.session === session && route.method === method && route.outcome === 'delivered')
          .slice(0, count);
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found());
      };
      const look = (): void => {
        if (found().length === count) finish();
      };
      const timer = setTimeout(finish, LATE_MS);
      this.#waiting.add(look);
      look();
    });
  }
}
