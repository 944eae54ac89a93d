import { lateStart, startsNoMore, type LateStarter } from './late-start.js';
import type { Post } from './post.js';
import type { Streams } from './streams.js';
import { askForVanishing } from './vanished.js';
import type { Carried, Visit } from './visit.js';

/** Answers that wait until all of them are there, and are written as one JSON body. */
export class JsonAnswers implements LateStarter, Carried {
  constructor(
    private readonly post: Post,
    private readonly visit: Visit,
    private readonly streams: Streams,
  ) {
    lateStart(this);
  }

  /** Nothing is written to the client while it waits, so that only asking shows whether it is there. */
  start(): void {
    startsNoMore(this);
    const { isOver, response } = this.visit;
    if (!isOver && !response.writableEnded) askForVanishing(this.visit);
  }

  lost(): void {
    startsNoMore(this);
    this.streams.lost(this.post);
    this.post.dropAnswers();
  }

  get heldBytes(): number {
    return this.post.heldBytes;
  }
}
