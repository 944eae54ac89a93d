import { createReadStream, existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename } from 'node:path';
import { asError, textOf } from '../errors.js';
import { recordIn } from '../live/record-in.js';
import { visible } from '../visible.js';
import { boundedLines } from './bounded-lines.js';
import { listen, listenFault } from './endpoint.js';
import { LiveAccess } from './live-access.js';
import { LivePage } from './live-page.js';
import { RecentRecords } from './live-records.js';
import { http } from './node-http.js';
import { Printed } from './options.js';
import { UsageError } from './usage-error.js';
import { port as portOf } from './values.js';

const HELP = `Usage: mcp-backchannel view [--port PORT] FILE

Shows a trace file (--trace-file) in the browser: prints the address of a page
that only this machine can open. Files that were rotated (FILE.1, FILE.2, …) are
read as well. Ends with Ctrl-C.
`;

/** The page stays fast with so many. Of more, the newest are shown, and those of what had not ended. */
const MAX_SHOWN = 100_000;
/** And with so many characters of them. */
const MAX_SIZE = 100_000_000;
/** In characters. Longer lines are bad: a file may be of another kind, and have no lines at all. */
const MAX_LINE = 16_000_000;
/** Only so many bad lines are named. The rest are counted. */
const MAX_NAMED = 5;

interface Read {
  readonly records: RecentRecords;
  readonly count: number;
  /** Events that the file says are not in it, because they could not be written. */
  readonly lost: number;
  readonly badLines: number;
}

/** Serves the page with a file, until a signal comes. */
export async function view(args: readonly string[]): Promise<void> {
  const { file, port } = argumentsOf(args);
  if (!existsSync(file)) throw new Error(`there is no file ${visible(file)}`);
  const { records, count, lost, badLines } = await read(file);
  const access = new LiveAccess({ allowedHosts: [], allowedOrigins: [], token: undefined, report: say });
  const page = new LivePage({ name: basename(file), source: 'file', access, records, badLines });
  const server = http.createServer((request: IncomingMessage, response: ServerResponse) => {
    try {
      const [path = '/'] = (request.url ?? '/').split('?');
      if (path === '/') response.writeHead(302, { Location: '/live' }).end();
      else page.handle(request, response, path);
    } catch (error) {
      // One bad request must not end the page for all.
      say(asError(error));
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    }
  });
  let url: string;
  try {
    url = await listen(server, port, '127.0.0.1', '/live');
  } catch (error) {
    throw new Error(`cannot listen on port ${port}: ${listenFault(error)}`, { cause: error });
  }
  process.stdout.write(`${url}\n`);
  const lack = lost === 0 ? '' : `, which lacks ${lost}`;
  say(`shows ${count} events of ${visible(file)}${lack}, at ${url} (Ctrl-C ends it)`);
  const end = (): void => {
    page.close();
    server.close();
    server.closeAllConnections();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
}

function argumentsOf(args: readonly string[]): { readonly file: string; readonly port: number } {
  const rest = [...args];
  const files: string[] = [];
  let port = 0;
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--help' || arg === '-h') throw new Printed(HELP);
    const [, given] = /^--port=(.*)$/s.exec(arg) ?? [];
    if (given !== undefined || arg === '--port') port = portOf(given ?? rest.shift() ?? '', '--port');
    else if (arg.startsWith('-') && arg !== '--') throw new UsageError("unknown option of 'view' (see view --help)");
    else if (arg !== '--') files.push(arg);
  }
  const [file, ...more] = files;
  if (file === undefined || more.length > 0) throw new UsageError("'view' needs one file: mcp-backchannel view FILE");
  return { file, port };
}

/** The oldest first: rotated files have higher numbers the older they are. */
function rotated(file: string): string[] {
  const files = [file];
  for (let number = 1; existsSync(`${file}.${number}`); number++) files.unshift(`${file}.${number}`);
  return files;
}

async function read(file: string): Promise<Read> {
  const records = new RecentRecords(MAX_SHOWN, MAX_SIZE);
  let [count, lost, badLines] = [0, 0, 0];
  for (const part of rotated(file)) {
    let number = 0;
    try {
      for await (const line of boundedLines(createReadStream(part, 'utf8'), MAX_LINE)) {
        number++;
        const value = line === undefined ? undefined : valueIn(line);
        const record = recordIn(value);
        if (record !== undefined) {
          records.addWritten(record);
          count++;
        } else if (isLost(value)) {
          records.skip(value.count);
          lost += value.count;
        } else if (line?.trim() !== '') {
          badLines++;
          if (badLines <= MAX_NAMED) say(`${visible(part)} line ${number} is no event`);
        }
      }
    } catch (error) {
      throw new Error(`cannot read ${visible(part)}: ${textOf(error)}`, { cause: error });
    }
  }
  if (badLines > MAX_NAMED) say(`${badLines - MAX_NAMED} more lines are no events`);
  return { records, count, lost, badLines };
}

function valueIn(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

/** Instead of events that could not be written. */
function isLost(value: unknown): value is { readonly kind: 'lost'; readonly count: number } {
  const { kind, count } = (value ?? {}) as { readonly kind?: unknown; readonly count?: unknown };
  return kind === 'lost' && Number.isSafeInteger(count) && (count as number) > 0;
}

function say(text: string | Error): void {
  process.stderr.write(`mcp-backchannel: ${textOf(text)}\n`);
}
