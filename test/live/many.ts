import type { EventRecord } from '../../src/telemetry/record.js';
import { inOrder, Story } from './records.js';

/** Events of many sessions at the same time, over ten minutes: calls, questions and their answers. */
export function manyRecords(events: number, sessions: number, from: number): EventRecord[] {
  const each = Math.floor(events / sessions);
  const stories = Array.from({ length: sessions }, (_, number) => {
    const story = new Story(number.toString(16).padStart(8, '0'), `client-${number}`, from).open(number * 20);
    const step = 600_000 / (each / 3);
    for (let id = 1, at = number * 20 + 50; story.records.length < each - 5; id++, at += step) {
      story.call(at, id, ['navigate', 'evaluate', 'click'][id % 3]);
      if (id % 4 === 0) story.answer(at + step / 2, story.ask(at + step / 4, { call: id, waitedMs: 2 }));
      story.end(at + step * 0.8, id, id % 11 === 0 ? { outcome: 'tool-error' } : {});
    }
    while (story.records.length < each) story.tell('progress', 599_000, { call: undefined, progress: 1, total: 2 });
    return story;
  });
  return inOrder(...stories);
}
