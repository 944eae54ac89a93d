import type { RouteEvent } from '../interceptor/events.js';
import { shown, shownMethod } from '../interceptor/report.js';
import { visible, visibleInJson } from '../visible.js';
import { Secrets } from './secrets.js';

type Level = 'info' | 'warning' | 'error';

/** Session ids open sessions: this much of one is enough to tell them apart. */
const SESSION_PREFIX = 8;

/** What the command tells, a line each, on stderr: stdout belongs to the protocol. */
export class Logs {
  readonly #secrets = new Secrets();
  /** Of these, those of the command. */
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

  /** An error that has no caller. */
  readonly report = ({ message }: Error): void => {
    this.error(message);
  };

  /** A line that the command we run wrote to its stderr. */
  ofUpstream(name: string, pid: number | undefined, line: string): void {
    this.#log('info', `[${pid === undefined ? name : `${name} ${pid}`}] ${line}`, { upstream: name, pid, line });
  }

  /** How much of a line may be told before the rest has come, so that no secret is told in two halves. */
  readonly cut = (text: string): number => this.#secrets.cut(text);

  route({ session, method, id, to, relatedRequestId, evidence, outcome, error, waitedMs }: RouteEvent): void {
    const whose = session?.slice(0, SESSION_PREFIX);
    const target = to === 'request' ? `request ${shown(relatedRequestId)}` : to;
    const code = error === undefined ? undefined : ((error as { readonly code?: string }).code ?? error.message);
    const words = [
      timeOfDay(),
      'route',
      whose,
      shownMethod(method),
      id === undefined ? undefined : shown(id),
      '→',
      target,
    ];
    const end = [evidence && `(${evidence})`, outcome, code, `after ${Math.round(waitedMs)} ms`];
    this.#log('info', [...words, ...end].filter((word) => word !== undefined).join(' '), {
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

  /** A line for whoever has set `DEBUG`. It is free of what a terminal acts on, but for colours of its own. */
  debug(text: string): void {
    this.write(this.#secrets.redact(text));
  }

  /** From now on this secret of ours is never shown, whoever says it. */
  hide(secret: string): void {
    this.#own.push(secret);
    this.#secrets.hide(secret);
  }

  /** These of a session are not, either. @returns they may be shown again */
  hideForNow(secrets: readonly string[]): () => void {
    const shows = secrets.map((secret) => this.#secrets.hide(secret));
    return () => {
      for (const show of shows) show();
    };
  }

  /**
   * What is not told to the client of a session: our secrets and its own. Not those of other sessions: a client that
   * guesses them would see by what is hidden that it is right.
   */
  secretsFor(secrets: readonly string[]): Secrets {
    return new Secrets([...this.#own, ...secrets]);
  }

  #log(level: Level, text: string, fields: object): void {
    // Before it becomes JSON: a secret may look like part of its syntax.
    const line = this.json
      ? visibleInJson(
          JSON.stringify({ time: new Date().toISOString(), level, ...(this.#secrets.redactIn(fields) as object) }),
        )
      : visible(oneLine(this.#secrets.redact(text)));
    this.write(line);
  }
}

/** `20:15:03.042Z`, in UTC. */
function timeOfDay(): string {
  return new Date().toISOString().slice('2026-11-28T'.length);
}

/** To the microsecond. */
function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}

function writeToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
