import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from '../proxy/own-answers.js';
import type { EventRecord } from '../telemetry/record.js';
import { RecentRecords } from './live-records.js';
import { LiveStreams } from './live-stream.js';

/** As many records as a proxy keeps. */
const MAX_RECORDS = 10_000;

/** The page loads nothing from elsewhere, runs no other script, and cannot be put into another page. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cache-Control': 'no-store',
};

const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/live': ['page.html', 'text/html; charset=utf-8'],
  '/live/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/live/page.css': ['page.css', 'text/css; charset=utf-8'],
};

export interface LivePageOptions {
  /** What it is about. */
  readonly name: string;
  readonly source: 'proxy' | 'file';
  readonly access: { check(request: IncomingMessage): Answer | undefined };
  readonly records?: RecentRecords;
  readonly badLines?: number;
  /** Where the built page lies. */
  readonly folder?: URL;
}

/** Serves the page that shows what happens in a proxy, and the events that it shows. */
export class LivePage {
  readonly #records: RecentRecords;
  readonly #streams: LiveStreams;
  readonly #folder: URL;

  constructor(private readonly options: LivePageOptions) {
    const { name, source, badLines = 0, records, folder } = options;
    this.#records = records ?? new RecentRecords(MAX_RECORDS);
    this.#streams = new LiveStreams({
      records: this.#records,
      isWhole: source === 'file',
      hello: () => ({ name, source, badLines }),
    });
    this.#folder = folder ?? new URL('../live/', import.meta.url);
  }

  /** @param record without secrets, and with texts of bounded length */
  add(record: EventRecord): void {
    this.#records.add(record);
    this.#streams.wake();
  }

  /** @param path of the request, without a slash at its end */
  readonly handle = (request: IncomingMessage, response: ServerResponse, path: string): void => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const { method } = request;
    const refusal = this.options.access.check(request);
    if (refusal !== undefined) {
      response.writeHead(refusal.status, refusal.headers).end(refusal.body);
    } else if (method !== 'GET' && method !== 'HEAD') {
      say(response.setHeader('Allow', 'GET, HEAD'), 405, 'method not allowed');
    } else if (path === '/live/events') {
      if (this.#streams.isFull) say(response, 503, 'too many pages are open');
      else if (method === 'HEAD') response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end();
      else this.#streams.open(request, response);
    } else {
      this.#file(response, path);
    }
  };

  /** Ends the streams of all pages, which would keep the server open. */
  close(): void {
    this.#streams.close();
  }

  #file(response: ServerResponse, path: string): void {
    const [file, type] = FILES[path] ?? [];
    if (file === undefined) {
      say(response, 404, 'not found');
      return;
    }
    const content = readFileSync(new URL(file, this.#folder));
    response.writeHead(200, { 'Content-Type': type, 'Content-Length': content.byteLength }).end(content);
  }
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
