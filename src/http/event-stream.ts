import type { Connection } from '../streams/connection.js';
import { lateStart, startsNoMore, type LatePlace, type LateStarter } from './late-start.js';
import { checkBuffer } from './slow-client.js';
import type { Carried, Visit } from './visit.js';
import { outsideTheHeap, USUALLY_BUFFERED } from './waiting-bytes.js';

/** What a stream needs to know of the transport that it belongs to. */
export interface StreamOwner {
  /** The head of an event stream, as `writeHead()` takes it. */
  headFor(visit: Visit, contentLength?: number): string[] | Record<string, string>;
  /** Whether more bytes wait for the client, on all its connections, than may. */
  readonly hasTooMuchBuffered: boolean;
  /** An idle stream gets a comment from now on. */
  keepAlive(stream: EventStream): void;
  /** Nothing more will be written on the stream. */
  ended(stream: EventStream): void;
}

/**
 * One HTTP response that is an event stream.
 *
 * Its head waits for the first event, for a few milliseconds: head, event and end are then one write to the socket, and
 * writing is most of what a short call costs.
 */
export class EventStream implements LateStarter, Carried {
  isFinished = false;
  /** An event with an id was written on it, or the client came with one: it can come back for what it will miss. */
  isResumable = false;
  #isHeadWritten = false;
  readonly #place: LatePlace;
  #primer = '';
  /** What was written in this tick. */
  #waiting = '';

  /**
   * @param post the POST whose messages it carries. `undefined`: it is the standalone stream
   * @param replayed the events that are written on it because the client came back. What was stored while the store was
   *   read may be among them
   */
  constructor(
    readonly visit: Visit,
    readonly post: Connection | undefined,
    private readonly owner: StreamOwner,
    readonly replayed: ReadonlySet<string> | undefined,
  ) {
    visit.carries = this;
    this.#place = lateStart(this);
  }

  get heldBytes(): number {
    return this.#waiting.length;
  }

  /** Writes the head now, if it is not written: nothing has come that it could be written with. */
  start(): void {
    startsNoMore(this.#place);
    this.visit.whenDecided(() => {
      if (this.isFinished || this.#isTaken()) return;
      if (!this.#isHeadWritten) {
        this.#writeHead();
        if (this.#primer === '') this.visit.response.flushHeaders();
        else this.visit.response.write(this.#primer);
      }
      this.owner.keepAlive(this);
    });
  }

  /** An event that says where the stream can be resumed. It is written with the head. */
  prime(event: string): void {
    this.#primer = event;
  }

  /**
   * Writes a piece of the stream. Node gives nothing to the socket before the end of the tick, and makes a chunk of each
   * piece until then. So all pieces of a tick are handed to it as one.
   *
   * @throws BackchannelError `SLOW_CLIENT`: too much waits for the client already. The stream is closed
   */
  write(text: string): void {
    if (!this.visit.begins()) return;
    checkBuffer(this.visit, text, this.owner);
    if (this.#waiting === '') process.nextTick(endTick, this);
    if (this.#isHeadWritten) this.#waiting += text;
    else {
      this.#writeHead();
      this.#waiting = this.#primer + text;
    }
  }

  /** Hands over what was written in this tick, if the stream has not ended since. */
  endTick(): void {
    if (this.#waiting === '') return;
    this.visit.response.write(outsideTheHeap(this.#waiting, this.visit.response));
    this.#waiting = '';
  }

  /** Writes a comment. For a client that does not read, it has waited long enough. */
  comment(text: string): void {
    if (this.visit.response.writableLength <= USUALLY_BUFFERED) this.visit.response.write(text);
  }

  /**
   * Ends the stream, with a last piece.
   *
   * @throws BackchannelError `SLOW_CLIENT`
   */
  end(text = ''): void {
    if (this.isFinished || (text === '' && this.#isTaken())) return;
    if (this.visit.begins()) {
      if (text !== '') checkBuffer(this.visit, text, this.owner);
      const { response } = this.visit;
      if (this.#isHeadWritten) response.end(outsideTheHeap(this.#waiting + text, response));
      else {
        const all = this.#primer + text;
        this.#writeHead(Buffer.byteLength(all));
        response.end(outsideTheHeap(all, response));
      }
    }
    this.#over();
  }

  lost(): void {
    if (!this.isFinished) this.#over();
  }

  /** Somebody else has answered before the stream began, such as a middleware that limits the time. */
  #isTaken(): boolean {
    const isTaken = !this.#isHeadWritten && this.visit.response.headersSent;
    if (isTaken) this.lost();
    return isTaken;
  }

  #writeHead(contentLength?: number): void {
    this.#isHeadWritten = true;
    if (this.#primer !== '' && this.post !== undefined) this.post.isResumable = true;
    this.visit.response.writeHead(200, this.owner.headFor(this.visit, contentLength) as Record<string, string>);
  }

  #over(): void {
    this.isFinished = true;
    this.#waiting = '';
    startsNoMore(this.#place);
    this.owner.ended(this);
    this.visit.answered();
  }
}

function endTick(stream: EventStream): void {
  stream.endTick();
}
