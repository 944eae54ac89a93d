import { afterEach, expect } from 'vitest';
import { Live, NOTHING, type LiveOptions } from './live.js';
import type { HttpTransport } from './transports.js';

/** Opens sessions that are closed after each test, and then hold nothing any more. */
export function lives(kind?: HttpTransport): (options?: LiveOptions) => Promise<Live> {
  const opened: Live[] = [];
  afterEach(async () => {
    const closing = opened.splice(0);
    await Promise.all(closing.map(async (live) => live.end()));
    try {
      await expect
        .poll(() => closing.map((live) => live.left()), { timeout: 5_000 })
        .toEqual(closing.map(() => NOTHING));
    } finally {
      await Promise.all(closing.map(async (live) => live.close()));
    }
  });
  return async (options) => {
    const live = await Live.open({ ...(kind && { kind }), ...options });
    opened.push(live);
    return live;
  };
}
