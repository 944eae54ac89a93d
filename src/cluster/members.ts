import { MAX_TIMEOUT_MS, now } from '../clock.js';
import { asError, BackchannelError } from '../errors.js';
import { BeatLoop } from './beat-loop.js';
import { bounded, noteFailure } from './bounded.js';
import type { ClusterSnapshot, Node, Whereabouts } from './cluster.js';
import { ENGINE_BOUND_MS, type Beat, type Engine } from './engine.js';
import { incarnationIn, newIncarnation } from './incarnation.js';
import { LeaseReader, writeLease } from './lease-text.js';
import { Listeners } from './listeners.js';
import { Roll } from './roll.js';
import { Seal } from './seal.js';
import { isSteady, wasBuried } from './sightings.js';

/** Beats in a lease: two may be lost. */
const BEATS_PER_LEASE = 3;
/** Look-ups in a beat: so many beats more can strangers cause who make up the ids of nodes. */
const LOOKS_PER_BEAT = 10;
/** A shorter lease runs out while a busy process looks away. */
const SHORTEST_LEASE_MS = 100;

export interface MembersOptions {
  readonly engine: Engine;
  /** Shared by all nodes. At least 16 characters. */
  readonly secret: string;
  /** How long a node that is not heard of counts as alive. */
  readonly leaseMs: number;
  /** Told once when the engine goes away, and once of each lease that no node of ours has written. */
  readonly report: (error: Error) => void;
}

/** Which nodes live, and which of them a session belongs to. */
export class Members {
  readonly #seal: Seal;
  readonly #leases: LeaseReader;
  readonly #beats: BeatLoop;
  readonly #roll: Roll;
  readonly #gone: Listeners<[id: string]>;
  readonly #lost: Listeners<[]>;
  readonly #beatMs: number;
  readonly #graceMs: number;
  #self = newIncarnation();
  #address = '';
  #isDraining = false;
  #state: 'new' | 'joined' | 'left' = 'new';
  #beat = 0;
  #ownText: string | undefined;
  #lastBeat: { readonly at: number; readonly engineNow: number; readonly since: number } | undefined;
  #isEngineUp = false;
  #wasFrozen = false;
  /** Since when the engine answers, and holds what it was told. */
  #steadySince = -Infinity;
  /** Since when the engine has its data. Before that, it may have lost the leases of nodes not heard of here. */
  #remembersSince = -Infinity;
  /** When it was seen to have lost its data. */
  #emptiedAt = -Infinity;

  /** @throws BackchannelError `INVALID_OPTION` if the secret or the lease is too short */
  constructor(private readonly options: MembersOptions) {
    this.#seal = new Seal(options.secret);
    if (!(options.leaseMs >= SHORTEST_LEASE_MS && options.leaseMs <= MAX_TIMEOUT_MS))
      throw new BackchannelError('INVALID_OPTION', `the lease of a cluster must be ${SHORTEST_LEASE_MS} ms or more`);
    this.#leases = new LeaseReader(this.#seal, options.report);
    this.#gone = new Listeners(options.report);
    this.#lost = new Listeners(options.report);
    this.#roll = new Roll((id) => {
      this.#gone.call(id);
    });
    this.#beatMs = options.leaseMs / BEATS_PER_LEASE;
    this.#graceMs = options.leaseMs + ENGINE_BOUND_MS;
    this.#beats = new BeatLoop((lateMs) => this.#tryBeat(lateMs), this.#beatMs, this.#beatMs / LOOKS_PER_BEAT);
  }

  get self(): string {
    return this.#self;
  }

  /** The engine's time, by which nodes agree although their clocks do not. */
  engineNow(): number {
    return this.#lastBeat === undefined ? Date.now() : this.#lastBeat.engineNow + now() - this.#lastBeat.at;
  }

  snapshot(): Pick<ClusterSnapshot, 'node' | 'nodes' | 'isDraining' | 'isEngineUp'> {
    const nodes = this.#roll.size + (this.#state === 'joined' ? 1 : 0);
    return { node: this.#self, nodes, isDraining: this.#isDraining, isEngineUp: this.#isEngineUp };
  }

  /**
   * Resolves when the first beat is done.
   *
   * @throws BackchannelError `CLUSTER_ENGINE` if the engine does not answer. It may be called again.
   * @throws BackchannelError `INVALID_OPTION` if the client of the engine is not installed
   */
  async join(address: string): Promise<void> {
    this.#address = address;
    try {
      await this.options.engine.load?.();
      await this.#beatOnce();
    } catch (error) {
      const code = error instanceof BackchannelError ? error.code : 'CLUSTER_ENGINE';
      throw new BackchannelError(code, `cannot join the cluster: ${asError(error).message}`, { cause: error });
    }
    if (this.hasLeft) throw new BackchannelError('CLOSED', 'the node left the cluster before it had joined');
    this.#state = 'joined';
    this.#beats.start();
  }

  /** From now on other nodes get the new sessions. Does not fail: the next beats say so again. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    if (this.#state === 'joined') await this.#beats.run();
  }

  /** Gives the lease back, and closes the connection to the engine. Does not fail: the lease runs out by itself. */
  async leave(): Promise<void> {
    const { engine } = this.options;
    const wasJoined = this.#state === 'joined';
    this.#state = 'left';
    await this.#beats.stop();
    if (wasJoined) await bounded(engine.leave(this.#self)).catch(noteFailure);
    await bounded(engine.close()).catch(noteFailure);
  }

  /** Asks the engine only for nodes never heard of, and shares its answers among all who ask. */
  whereIs(sessionId: string): Whereabouts | Promise<Whereabouts> {
    const id = incarnationIn(sessionId);
    if (id === undefined) return { at: 'nowhere' };
    if (id === this.#self) return { at: 'here' };
    const known = this.#roll.whereIs(id);
    if (known !== undefined) return known;
    return this.#state === 'joined' ? this.#find(id) : { at: 'unknown', id };
  }

  /** A node that takes new sessions in the place of this one, chosen at random. */
  other(): Node | undefined {
    return this.#roll.other();
  }

  /** Nobody listens at its address any more. It is dead, although its lease may run on. */
  refused(id: string): void {
    this.#roll.bury(id);
  }

  /** Called with the id of each node that is gone. @returns a function that ends it */
  onGone(listener: (id: string) => void): () => void {
    return this.#gone.add(listener);
  }

  /** Called when this node was taken for dead: its sessions are lost. `self` has changed by then. */
  onLost(listener: () => void): () => void {
    return this.#lost.add(listener);
  }

  /** Since when the engine has its data, by its own time. */
  get engineSince(): number {
    return this.#lastBeat?.since ?? 0;
  }

  /** Whether the engine has all that it was told. Asks it: it may just have lost its data. */
  async remembers(): Promise<boolean> {
    await this.#beats.soon();
    return this.#isEngineUp && now() - this.#emptiedAt >= this.#graceMs;
  }

  private get hasLeft(): boolean {
    return this.#state === 'left';
  }

  async #find(id: string): Promise<Whereabouts> {
    await this.#beats.soon();
    const known = this.#roll.whereIs(id);
    if (known !== undefined) return known;
    // Its lease may be one of those that the engine has lost, and not be written again yet.
    const steadySince = Math.max(this.#steadySince, this.#remembersSince);
    if (!this.#isEngineUp || !isSteady({ now: now(), steadySince, graceMs: this.#graceMs }))
      return { at: 'unknown', id };
    this.#roll.isStranger(id);
    return { at: 'gone', id };
  }

  /** @param lateMs how late its timer was */
  async #tryBeat(lateMs: number): Promise<void> {
    const askedAt = now();
    this.#noteLate(lateMs);
    try {
      await this.#beatOnce();
    } catch (error) {
      // A call that took longer than its bound did not: this process stood still.
      this.#noteLate(now() - askedAt - ENGINE_BOUND_MS);
      if (this.#isEngineUp) this.options.report(asError(error));
      this.#isEngineUp = false;
    }
  }

  /** Remembers that this process stood still while the engine was up, long enough to be taken for dead. */
  #noteLate(lateMs: number): void {
    if (!this.#isEngineUp || lateMs < this.#beatMs) return;
    if (now() - (this.#lastBeat?.at ?? now()) > this.options.leaseMs) this.#wasFrozen = true;
  }

  async #beatOnce(): Promise<void> {
    const node: Node = { id: this.#self, address: this.#address, isDraining: this.#isDraining };
    const lease = writeLease({ node, beat: ++this.#beat }, this.#seal);
    const askedAt = now();
    const beat = await bounded(this.options.engine.beat(lease, this.options.leaseMs));
    if (this.hasLeft) return;
    const wasBuried = this.#take(beat, askedAt);
    this.#ownText = lease.text;
    if (wasBuried) await this.#beginAnew();
  }

  /** @returns whether the others have taken this node for dead */
  #take(beat: Beat, askedAt: number): boolean {
    const time = now();
    const { leaseMs } = this.options;
    const notes = this.#leases.read(beat.leases, this.#self);
    const own = {
      wasMissing: this.#ownText !== undefined && beat.before === undefined,
      wasAway: !this.#isEngineUp,
      wasFrozen: this.#wasFrozen,
      sinceMs: time - (this.#lastBeat?.at ?? time),
      othersCounted: this.#roll.mostCounted(notes),
      leaseMs,
      beatMs: this.#beatMs,
    };
    const hasForgotten = beat.before !== this.#ownText;
    if (this.#lastBeat !== undefined && (own.wasAway || hasForgotten)) this.#steadySince = time;
    this.#remembersSince = time - Math.max(0, beat.now - beat.since);
    if (this.#lastBeat !== undefined && this.#lastBeat.since !== beat.since) this.#emptiedAt = time;
    this.#lastBeat = { at: time, engineNow: beat.now, since: beat.since };
    this.#isEngineUp = true;
    this.#wasFrozen = false;
    this.#roll.see(notes, { askedAt, now: time, leaseMs, steadySince: this.#steadySince, graceMs: this.#graceMs });
    return wasBuried(own);
  }

  async #beginAnew(): Promise<void> {
    const former = this.#self;
    this.#roll.bury(former);
    this.#self = newIncarnation();
    this.#ownText = undefined;
    this.options.report(new Error('this node stood still and was taken for dead: its sessions are lost'));
    this.#lost.call();
    // The beat that found it out has written the former lease once more.
    await bounded(this.options.engine.leave(former)).catch(noteFailure);
    // The others must find the new one before its first session gets to them.
    void this.#beats.run();
  }
}
