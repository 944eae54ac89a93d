/** The state of the page. What is read in a component makes it follow. */
import { batch, computed, signal } from '@preact/signals';
import type { EventRecord } from '../telemetry/record.js';
import { compacted } from './compacted.js';
import { keyOf, type Call } from './entities.js';
import { stopsAt } from './exported.js';
import { lanesOf, NO_FILTER, type Filter, type Lane } from './lanes.js';
import { Later } from './later.js';
import { Model } from './model.js';
import type { TimeWindow } from './time-axis.js';
import { isLate, waitsIn, type Wait } from './waits.js';
import type { Hello } from './wire.js';

/** As many as the server keeps; of a file, all that it sends. */
const MAX_RECORDS = { proxy: 12_000, file: 200_000 } as const;

const FIRST_SPAN_MS = 60_000;
/** How much of the window lies before now. The rest is for what is written behind a bar. */
const NOW_AT = 0.8;
const MIN_SPAN_MS = 5;
const MAX_SPAN_MS = 30 * 86_400_000;

export type Connection = 'connecting' | 'open' | 'lost' | 'refused' | 'ended';

export class Store {
  readonly filter = signal<Filter>(NO_FILTER);
  readonly connection = signal<Connection>('connecting');
  readonly hello = signal<Hello | undefined>(undefined);
  /** Records that were not kept for the page. */
  readonly lost = signal(0);
  /** How many records are shown, while the page is paused. `undefined`: all, and it goes on. */
  readonly position = signal<number | undefined>(undefined);
  readonly span = signal(FIRST_SPAN_MS);
  /** Where the window begins. `undefined`: it follows the clock. */
  readonly from = signal<number | undefined>(undefined);
  readonly selected = signal<Pick<Call, 'session' | 'id' | 'startedAt'> | undefined>(undefined);
  /** How many records there are, shown or not. */
  readonly count = signal(0);
  /** A model is changed in place; whoever follows gets it in a new box. */
  readonly #shown = signal({ model: new Model() });
  /** The clock of the proxy, as far as it is known. */
  readonly clock = signal(Date.now());

  #records: readonly { readonly record: EventRecord }[] = [];
  #fresh: { readonly record: EventRecord }[] = [];
  /** The model has to be made anew: its records are no beginning of those that there are. */
  #isStale = false;
  #offset = 0;
  #later: Later | undefined;

  readonly isPaused = computed(() => this.position.value !== undefined);
  /** The time of a page that is paused. */
  readonly #pausedAt = signal(0);
  readonly now = computed(() => {
    if (this.isPaused.value) return this.#pausedAt.value;
    const { lastAt } = this.model;
    return this.hello.value?.source === 'file' ? lastAt : Math.max(this.clock.value, lastAt);
  });
  readonly window = computed<TimeWindow>(() => {
    const span = this.span.value;
    const from = this.from.value ?? this.now.value - span * NOW_AT;
    return { from, to: from + span };
  });
  readonly lanes = computed<readonly Lane[]>(() => {
    // Only what is late depends on the time.
    const filter = this.filter.value;
    return lanesOf(this.model, filter, filter.isWaiting ? this.now.value : 0, this.window.value);
  });
  readonly waits = computed<readonly Wait[]>(() => {
    const now = this.now.value;
    return waitsIn(this.model).filter((wait) => isLate(wait, now));
  });
  readonly selectedCall = computed<Call | undefined>(() => {
    const wanted = this.selected.value;
    if (wanted === undefined) return undefined;
    const session = this.model.sessions.get(wanted.session.key);
    return session?.calls.findLast(
      ({ id, startedAt }) => keyOf(id) === keyOf(wanted.id) && startedAt === wanted.startedAt,
    );
  });

  get model(): Model {
    return this.#shown.value.model;
  }

  get records(): readonly EventRecord[] {
    return this.#records.map(({ record }) => record);
  }

  /** The record that was the last to be shown, of a page that is paused. */
  get current(): EventRecord | undefined {
    return this.position.value === undefined ? undefined : this.#records[this.position.value - 1]?.record;
  }

  greet(hello: Hello): void {
    this.setClock(hello.now);
    batch(() => {
      this.hello.value = hello;
      this.connection.value = 'open';
      if (hello.isContinued) return;
      if (this.isPaused.peek()) this.#later = new Later(MAX_RECORDS[hello.source]);
      else this.#begin();
    });
  }

  /** @param now of the server */
  setClock(now: number): void {
    this.#offset = now - Date.now();
  }

  /** So many records do not come. */
  miss(count: number): void {
    if (this.#later === undefined) this.lost.value += count;
    else this.#later.lost += count;
  }

  #begin(later?: Later): void {
    this.#later = undefined;
    this.#records = later?.records ?? [];
    this.#fresh = [];
    this.#shown.value = { model: new Model() };
    this.position.value = undefined;
    this.count.value = this.#records.length;
    this.lost.value = later?.lost ?? 0;
  }

  /** Kept at once, and shown with the next {@link show}. */
  add(record: EventRecord): void {
    if (this.#later !== undefined) {
      this.#later.add(record);
      return;
    }
    this.#fresh.push({ record });
    const max = MAX_RECORDS[this.hello.peek()?.source ?? 'proxy'];
    if (this.#fresh.length > max) this.#take();
  }

  /** Shows what was added. Called once a frame. */
  show(): void {
    if (this.#fresh.length === 0) return;
    batch(() => {
      this.#take();
      if (this.position.peek() === undefined) this.#catchUp();
    });
  }

  #take(): void {
    const all = [...this.#records, ...this.#fresh];
    this.#fresh = [];
    this.#records = compacted(all, MAX_RECORDS[this.hello.peek()?.source ?? 'proxy']);
    this.count.value = this.#records.length;
    if (this.#records === all) return;
    this.#isStale = true;
    const position = this.position.peek();
    if (position === undefined) return;
    const shown = new Set(all.slice(0, position));
    this.position.value = this.#records.filter((one) => shown.has(one)).length;
  }

  #catchUp(upTo = this.#records.length): void {
    const { model: old } = this.#shown.peek();
    const model = this.#isStale || upTo < old.count ? new Model() : old;
    this.#isStale = false;
    for (const { record } of this.#records.slice(model.count, upTo)) model.apply(record);
    this.#shown.value = { model };
  }

  /** What happens while the connection is lost is not known: nothing waits longer meanwhile. */
  tick(): void {
    if (this.connection.peek() === 'lost') return;
    this.clock.value = Date.now() + this.#offset;
  }

  pause(): void {
    if (this.isPaused.peek()) return;
    batch(() => {
      this.#pausedAt.value = this.now.peek();
      this.from.value = this.window.peek().from;
      this.position.value = this.#records.length;
    });
  }

  resume(): void {
    batch(() => {
      this.position.value = undefined;
      this.from.value = undefined;
      if (this.#later !== undefined) this.#begin(this.#later);
      this.tick();
      this.#catchUp();
    });
  }

  /** Shows the first `position` records. */
  goTo(position: number): void {
    this.pause();
    batch(() => {
      const target = Math.min(this.#records.length, Math.max(1, position));
      this.position.value = target;
      this.#catchUp(target);
      const at = this.model.lastAt;
      this.#pausedAt.value = at;
      const { from, to } = this.window.value;
      if (at < from || at > to - (to - from) * (1 - NOW_AT) * 0.5) this.from.value = at - this.span.value * NOW_AT;
    });
  }

  /** Goes to the next record, or the one before, of a session that is shown. */
  step(by: 1 | -1): void {
    this.pause();
    let target = (this.position.peek() ?? 0) + by;
    const isPassed = (): boolean => {
      const record = this.#records[target - 1]?.record;
      return record !== undefined && !stopsAt(record, this.filter.peek());
    };
    while (isPassed()) target += by;
    if (target >= 1 && target <= this.#records.length) this.goTo(target);
  }

  /** @param around the moment that stays where it is; otherwise now, or the middle */
  zoom(factor: number, around?: number): void {
    const { from, to } = this.window.peek();
    const span = Math.min(MAX_SPAN_MS, Math.max(MIN_SPAN_MS, this.span.peek() * factor));
    const at = around ?? (from + to) / 2;
    batch(() => {
      if (this.from.peek() !== undefined) this.from.value = at - ((at - from) * span) / (to - from);
      this.span.value = span;
    });
  }

  pan(ms: number): void {
    this.from.value = this.window.peek().from + ms;
  }

  follow(): void {
    this.from.value = undefined;
  }

  /** Shows the whole time of the records. */
  fit(): void {
    const { firstAt } = this.#shown.peek().model;
    const length = Math.max(1_000, this.now.peek() - firstAt);
    batch(() => {
      this.span.value = length / (NOW_AT - 0.02);
      this.from.value = firstAt - this.span.value * 0.02;
    });
  }
}
