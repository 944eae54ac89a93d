import type { RouteEvent } from '../interceptor/events.js';
import type { RoundEvent } from '../modern/round-events.js';
import { shown, shownMethod } from '../interceptor/report.js';
import { shownSession } from '../interceptor/session-prefix.js';
import { visible, visibleInJson } from '../visible.js';
import { Secrets } from './secrets.js';

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

  /** @param node of a cluster, which writes this */
  route(
    { session, method, id, to, relatedRequestId, evidence, outcome, error, waitedMs }: RouteEvent,
    node?: string,
  ): void {
    const whose = session === undefined ? undefined : shownSession(session);
    const target = to === 'request' ? `request ${shown(relatedRequestId)}` : to;
    const code = error === undefined ? undefined : ((error as { readonly code?: string }).code ?? error.message);
    const words = [
      timeOfDay(),
      node && `node ${node}`,
      'route',
      whose,
      shownMethod(method),
      id === undefined ? undefined : shown(id),
      '→',
      target,
    ];
    const end = [evidence && `(${evidence})`, outcome, code, `after ${Math.round(waitedMs)} ms`];
    this.#log('info', [...words, ...end].filter((word) => word !== undefined).join(' '), {
      node,
      route: {
        session: whose,
        method,
        id,
        to,
        relatedRequestId,
        evidence,
        outcome,
        error: code,
        waitedMs: rounded(waitedMs),
      },
    });
  }

  /** @param node of a cluster, which writes this */
  round({ session, method, id, round, inputs, outcome, waitedMs }: RoundEvent, node?: string): void {
    const whose = session === undefined ? undefined : shownSession(session);
    const words = [timeOfDay(), node && `node ${node}`, 'round', whose, shownMethod(method), shown(id), '→'];
    const asked = inputs.length === 0 ? [] : [inputs.map(shownMethod).join(', ')];
    const end = [`round ${round}`, ...asked, outcome, waitedMs > 0 && `after ${Math.round(waitedMs)} ms`];
    this.#log('info', [...words, ...end].filter((word) => typeof word === 'string').join(' '), {
      node,
      round: { session: whose, method, id, round, inputs, outcome, waitedMs: rounded(waitedMs) },
    });
  }

  /** A line for whoever set `DEBUG`. Its only terminal control sequences are its own colours. */
  debug(text: string): void {
    this.write(this.#secrets.redact(text));
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
    const line = this.json
      ? visibleInJson(
          JSON.stringify({ time: new Date().toISOString(), level, ...(this.#secrets.redactIn(fields) as object) }),
        )
      : visible(oneLine(this.#secrets.redact(text)));
    this.write(line);
  }
}

/** The time in UTC, such as `20:15:03.042Z`. */
function timeOfDay(): string {
  return new Date().toISOString().slice('2026-11-28T'.length);
}

/** Rounds to the microsecond. */
function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}

function writeToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
