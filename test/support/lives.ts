import { afterEach } from 'vitest';
import { Live, type LiveOptions } from './live.js';

/** Opens sessions that are closed after each test. */
export function lives(): (options?: LiveOptions) => Promise<Live> {
  const opened: Live[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(async (live) => live.close()));
  });
  return async (options) => {
    const live = await Live.open(options);
    opened.push(live);
    return live;
  };
}
