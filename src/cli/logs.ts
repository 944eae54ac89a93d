import type { EventRecord } from '../telemetry/record.js';
import { visible, visibleInJson } from '../visible.js';
import { withoutSecrets } from './record-secrets.js';
import { Secrets } from './secrets.js';
import { lineOf } from './timeline.js';

type Level = 'info' | 'warning' | 'error';

/** The command's log: one line per entry, on stderr. stdout belongs to the protocol. */
export class Logs {
  readonly #secrets = new Secrets();
  /** The secrets of the command itself, which are also in `#secrets`. */
  readonly #own: string[] = [];

  constructor(
    private readonly json: boolean,
    private readonly write: (line: string) => void = writeToStderr,
  ) {}

  info(message: string, fields: object = {}): void {
    this.#log('info', `mcp-backchannel: ${message}`, { message, ...fields });
  }

  warning(message: string): void {
    this.#log('warning', `mcp-backchannel: warning: ${message}`, { message });
  }

  error(message: string): void {
    this.#log('error', `mcp-backchannel: error: ${message}`, { message });
  }

  /** Logs an error that no caller gets. */
  readonly report = ({ message }: Error): void => {
    this.error(message);
  };

  /** A line that the command we run wrote to its stderr. */
  ofUpstream(name: string, pid: number | undefined, line: string): void {
    this.#log('info', `[${pid === undefined ? name : `${name} ${pid}`}] ${line}`, { upstream: name, pid, line });
  }

  /** How much of a line may be logged before the rest arrives, so that no secret is split into two entries. */
  readonly cut = (text: string): number => this.#secrets.cut(text);

  /** A text without secrets. */
  readonly redact = (text: string): string => this.#secrets.redact(text);

  /** An event of the proxy, as a line of the timeline. */
  event(record: EventRecord): void {
    const event = this.redacted(record);
    const line = lineOf(event);
    if (this.json || line !== undefined) this.#write('info', line ?? '', { event });
  }

  /** The event without secrets. */
  redacted(record: EventRecord): EventRecord {
    return withoutSecrets(record, this.#secrets);
  }

  /** A line for whoever set `DEBUG`. Its only terminal control sequences are its own colours. */
  debug(text: string): void {
    this.write(this.redact(text));
  }

  /** Hides a secret of the command for good, in every line. */
  hide(secret: string): void {
    this.#own.push(secret);
    this.#secrets.hide(secret);
  }

  /** Hides the secrets of a session. @returns a function that ends the hiding */
  hideForNow(secrets: readonly string[]): () => void {
    const shows = secrets.map((secret) => this.#secrets.hide(secret));
    return () => {
      for (const show of shows) show();
    };
  }

  /**
   * The secrets that the client of a session must not be shown: ours and its own. Those of other sessions are left out:
   * if a client guessed one, the hiding would tell it that the guess is right.
   */
  secretsFor(secrets: readonly string[]): Secrets {
    return new Secrets([...this.#own, ...secrets]);
  }

  #log(level: Level, text: string, fields: object): void {
    // Secrets are hidden before the entry becomes JSON, because a secret may look like JSON syntax.
    this.#write(level, this.#secrets.redact(text), this.#secrets.redactIn(fields) as object);
  }

  #write(level: Level, text: string, fields: object): void {
    this.write(
      this.json
        ? visibleInJson(JSON.stringify({ time: new Date().toISOString(), level, ...fields }))
        : visible(oneLine(text)),
    );
  }
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}

function writeToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
