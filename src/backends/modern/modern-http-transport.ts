import { HttpWire, type ModernTransportOptions } from './http-wire.js';
import { ModernTransport } from './modern-transport.js';

/**
 * Reaches a server of revision 2026-07-28 over Streamable HTTP, for a client of an earlier one.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
export class ModernHttpTransport extends ModernTransport {
  constructor(url: URL, options: ModernTransportOptions = {}) {
    super((listener) => new HttpWire(url, options, listener), options.maxMessage);
  }
}
