import { BriefSet } from '../routing/brief-set.js';
import type { ServerResponse } from 'node:http';
import { onConnectionEnd } from '../streams/connection-end.js';
import { NodeWriter } from './answer-writer.js';

/** The answers that are written to Node responses, until their connections are done with them. */
export class NodeWriters {
  readonly #open = new BriefSet<ServerResponse>();

  /** @param maxBufferedBytes how much of an answer may wait for a client that does not read */
  constructor(private readonly maxBufferedBytes: number) {}

  writerFor(response: ServerResponse, acceptsStream: boolean): NodeWriter {
    const writer = new NodeWriter(response, this.maxBufferedBytes, acceptsStream);
    if (writer.isOver) return writer;
    onConnectionEnd(response, this.#open.add(response));
    return writer;
  }

  /** What waits for clients that do not read. */
  get bufferedBytes(): number {
    let bytes = 0;
    for (const { writableLength } of this.#open) bytes += writableLength;
    return bytes;
  }
}
