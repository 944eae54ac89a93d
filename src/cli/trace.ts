import type { Observable } from 'rxjs';
import { endsWithin } from '../ends-within.js';
import type { ProxyEvent } from '../proxy-events.js';
import { recordOf } from '../telemetry/record.js';
import { visibleInJson } from '../visible.js';
import type { Logs } from './logs.js';
import type { CommandOptions } from './options.js';
import { TraceFile } from './trace-file.js';

type TraceOptions = Pick<CommandOptions, 'trace' | 'traceFile' | 'traceFileSize' | 'traceFileKeep' | 'tracePayloads'>;

/** How many characters the line of an event with its message may have. A longer one leaves the message out. */
const MAX_LINE_LENGTH = 1_024 * 1_024;

/** How long the disk may take at the end. */
const FLUSH_MS = 1_000;

/** Tells the events of a proxy to whoever asked for them: `--trace` and `--trace-file`. */
export class Trace {
  readonly #file: TraceFile | undefined;

  constructor(
    private readonly options: TraceOptions,
    private readonly logs: Logs,
  ) {
    const { traceFile: path, traceFileSize: maxBytes, traceFileKeep: keep } = options;
    if (path === undefined) return;
    this.#file = new TraceFile({ path, maxBytes, keep }, (message) => {
      logs.error(message);
    });
  }

  /** Resolves when the file can take events, or when it is reported that it cannot. */
  async open(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    process.once('exit', () => {
      file.closeNow();
    });
    await file.open();
  }

  /** @param node of a cluster, which tells these events */
  follow(events$: Observable<ProxyEvent>, node?: string): void {
    if (this.options.trace) {
      events$.subscribe((event) => {
        this.logs.event(recordOf(event, { node }));
      });
    }
    const file = this.#file;
    if (file === undefined) return;
    events$.subscribe((event) => {
      file.write(this.#lineOf(event, node));
    });
  }

  /** Writes what waits, unless that takes too long. */
  async close(): Promise<void> {
    if (this.#file !== undefined) await endsWithin(FLUSH_MS, this.#file.close());
  }

  #lineOf(event: ProxyEvent, node: string | undefined): string {
    if (this.options.tracePayloads) {
      try {
        const line = this.#json(event, { node, payloads: true });
        if (line.length <= MAX_LINE_LENGTH) return line;
      } catch {
        // The message has too many levels to be written.
      }
    }
    return this.#json(event, { node });
  }

  #json(event: ProxyEvent, options: Parameters<typeof recordOf>[1]): string {
    return visibleInJson(JSON.stringify(this.logs.redacted(recordOf(event, options))));
  }
}
