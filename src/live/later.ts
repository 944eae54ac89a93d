import type { EventRecord } from '../telemetry/record.js';
import { compacted } from './compacted.js';

/** What another process tells while the page is paused. The page shows it when it goes on. */
export class Later {
  readonly records: { readonly record: EventRecord }[] = [];
  lost = 0;

  constructor(private readonly max: number) {}

  add(record: EventRecord): void {
    this.records.push({ record });
    if (this.records.length > this.max) this.records.splice(0, Infinity, ...compacted(this.records, this.max));
  }
}
