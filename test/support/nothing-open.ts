import type { ProxySnapshot } from 'mcp-backchannel/proxy';

/** The snapshot of a proxy in which nothing is open. */
export const NOTHING_OPEN: ProxySnapshot = {
  sessions: 0,
  inFlight: 0,
  parked: 0,
  suspended: 0,
  leased: 0,
  bufferedBytes: 0,
};
