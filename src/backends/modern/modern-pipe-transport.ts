import type { TransportLike } from '../../transport-like.js';
import { ModernTransport } from './modern-transport.js';
import { PipeWire } from './pipe-wire.js';

/** Reaches a server of revision 2026-07-28 through a pipe, such as its stdin and stdout, for a client of an earlier one. */
export class ModernPipeTransport extends ModernTransport {
  constructor(pipe: TransportLike) {
    super((listener, closed) => new PipeWire(pipe, listener, closed));
  }
}
