import type { Page } from 'playwright-core';

export interface FrameTimes {
  /** Milliseconds from one frame to the next. At 60 frames a second, it is 16.7. */
  readonly median: number;
  readonly p95: number;
  /** Milliseconds of a frame in which the page was at work. */
  readonly work: number;
  readonly frames: number;
}

/** Counts the frames while the page is scrolled, moved and zoomed. */
export async function framesOf(page: Page, frames = 180): Promise<FrameTimes> {
  return page.evaluate<FrameTimes>(`
    new Promise((resolve) => {
      const box = document.querySelector('.picture-box');
      const press = (key) => box.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
      const keys = ['ArrowLeft', 'ArrowLeft', '-', 'ArrowRight', '+', 'ArrowRight'];
      const gaps = [];
      const works = [];
      const channel = new MessageChannel();
      let last;
      let began;
      // It comes when the frame has been made.
      channel.port1.onmessage = () => works.push(performance.now() - began);
      const frame = (now) => {
        if (last !== undefined) gaps.push(now - last);
        last = now;
        if (gaps.length >= ${frames}) {
          const sorted = (values) => values.toSorted((one, other) => one - other);
          const at = (values, part) => Math.round(sorted(values)[Math.floor(values.length * part)] * 10) / 10;
          resolve({ median: at(gaps, 0.5), p95: at(gaps, 0.95), work: at(works, 0.5), frames: gaps.length });
          return;
        }
        began = performance.now();
        box.scrollTop += 40;
        if (box.scrollTop + box.clientHeight >= box.scrollHeight) box.scrollTop = 0;
        if (gaps.length % 10 === 0) press(keys[(gaps.length / 10) % keys.length]);
        channel.port2.postMessage(0);
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
  `);
}
