import type { RequestId } from '../routing/message.js';
import { AnswerScanner } from './answer-scanner.js';

/** A body is read no further to find out what it answers. */
const MAX_SCANNED_BYTES = 16_777_216;

/** Most answers come in one or two chunks, of at most 64 KiB each. */
const MAX_KEPT_CHUNKS = 4;

/** What was seen of a body. Few are refused, so what is short is kept, and scanned only when somebody asks. */
export class SeenBody {
  #kept: Uint8Array[] = [];
  readonly #scanner = new AnswerScanner();
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  #size = 0;

  get isTooLong(): boolean {
    return this.#size > MAX_SCANNED_BYTES;
  }

  add(chunk: Uint8Array): void {
    if (this.isTooLong) return;
    this.#size += chunk.length;
    this.#kept.push(chunk);
    // A chunk keeps the memory that it was read into, however short it is.
    if (this.#kept.length > MAX_KEPT_CHUNKS) this.#scan();
  }

  /** The ids of the requests that it answers. Nothing more follows. */
  answers(): readonly RequestId[] {
    this.#scan();
    return this.#scanner.end();
  }

  #scan(): void {
    const decoder = (this.#decoder ??= new TextDecoder());
    for (const chunk of this.#kept.splice(0)) this.#scanner.add(decoder.decode(chunk, { stream: true }));
  }
}
