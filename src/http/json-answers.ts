import { lateStart, startsNoMore, type LatePlace, type LateStarter } from './late-start.js';
import type { Post } from './post.js';
import type { Streams } from './streams.js';
import { askForVanishing } from './vanished.js';
import type { Carried, Visit } from './visit.js';

/** Answers that wait until all of them are there, and are written as one JSON body. */
export class JsonAnswers implements LateStarter, Carried {
  readonly #place: LatePlace;

  constructor(
    private readonly post: Post,
    private readonly visit: Visit,
    private readonly streams: Streams,
  ) {
    this.#place = lateStart(this);
  }

  /** Nothing is written to the client while it waits, so that only asking shows whether it is there. */
  start(): void {
    startsNoMore(this.#place);
    const { isOver, response } = this.visit;
    if (!isOver && !response.writableEnded) askForVanishing(this.visit);
  }

  lost(): void {
    startsNoMore(this.#place);
    this.streams.lost(this.post);
    this.post.dropAnswers();
  }

  get heldBytes(): number {
    return this.post.heldBytes;
  }
}
