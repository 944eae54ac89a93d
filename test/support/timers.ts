/** A clock that stands still until a test lets time pass. */
import { afterEach, beforeEach, expect, vi } from 'vitest';

/** For each test of a file. Whatever happens in it, no timer may be left: in a server it would keep running. */
export function timersStandStill(close: () => Promise<void> = async () => Promise.resolve()): void {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(async () => {
    try {
      await close();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
}
