/** `mcp-backchannel doctor`: a program of its own, which the command loads only for this word. */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { endWithStdin } from './backend/end-with-stdin.js';
import { serveHttp } from './backend/http.js';
import { serveStdio } from './backend/stdio.js';
import { examine } from './examine.js';
import { DoctorFault } from './fault.js';
import { Launched } from './launch.js';
import { readOptions, USAGE, type DoctorOptions } from './options.js';
import { accepts, freePort, isBack } from './ports.js';
import { reach } from './reach.js';
import { footOf, headOf, lineOf, reportOf, shownUrl, type Report } from './report.js';
import { SseWire } from './sse-wire.js';
import { StreamableHttpWire } from './streamable-http-wire.js';
import type { Connect } from './wire.js';

const BACKEND = fileURLToPath(new URL('backend.js', import.meta.url));

/** It may listen before it can serve. */
const SERVES_WITHIN_MS = 30_000;

/** What a proxy leaves half open on our side does not keep us. */
const LINGER_MS = 1_000;

/**
 * Runs the doctor.
 *
 * @param args those after the word `doctor`
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<number | undefined> {
  if (args[0] === 'backend') return serveBackend(args.slice(1));
  // The reader may close the pipe early. The proxy is ended all the same.
  process.stdout.on('error', () => undefined);
  // Also what is thrown in a callback says nothing of the proxy.
  process.once('uncaughtException', (error) => process.exit(failed(error)));
  try {
    const options = readOptions(args);
    if (options === undefined) {
      process.stdout.write(USAGE);
      return 0;
    }
    const { ok, stopped } = await (options.proxy === undefined
      ? examineRunning(options)
      : examineStarted(options, options.proxy));
    setTimeout(() => process.exit(), LINGER_MS).unref();
    if (stopped !== undefined) throw new DoctorFault(stopped);
    return ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof DoctorFault)) return failed(error);
    process.stderr.write(`mcp-backchannel doctor: ${error.message}\n`);
    setTimeout(() => process.exit(), LINGER_MS).unref();
    return 2;
  }
}

/** A fault of the doctor itself. */
function failed(error: unknown): number {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`mcp-backchannel doctor: this is a fault of the doctor, not of the proxy: ${text}\n`);
  setTimeout(() => process.exit(), LINGER_MS).unref();
  return 3;
}

async function serveBackend(args: readonly string[]): Promise<number | undefined> {
  const [option, ...others] = args;
  if (others.length > 0 || (option !== undefined && option !== '--http')) {
    process.stderr.write('mcp-backchannel doctor: backend takes no option but --http\n');
    return 2;
  }
  if (option === undefined) {
    serveStdio();
  } else {
    const { url } = await serveHttp();
    process.stdout.write(`${url}\n`);
    endWithStdin();
  }
  // It serves until it is ended.
  return undefined;
}

async function examineRunning(options: DoctorOptions): Promise<Report> {
  return examineAt(options.url, options);
}

async function examineStarted(options: DoctorOptions, proxy: string): Promise<Report> {
  const port = await freePort();
  const url = options.url.replaceAll('{port}', String(port));
  await Launched.mustBeFree(new URL(url));
  if (!options.json) process.stderr.write('mcp-backchannel doctor: starting the proxy…\n');
  const backend = await serveHttp();
  const launched = new Launched(proxy, { port, backend: [process.execPath, BACKEND], backendUrl: backend.url });
  const kill = (): void => {
    launched.kill();
  };
  process.once('exit', kill);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)
    process.once(signal, () => process.exit(code));
  try {
    const { href } = await launched.listening(new URL(url));
    return await examineAt(href, options, launched).catch((error: unknown) => {
      throw error instanceof DoctorFault ? new DoctorFault(`${error.message}${launched.lastWords}`) : error;
    });
  } finally {
    await launched.close();
    await backend.close();
    process.off('exit', kill);
  }
}

async function examineAt(
  url: string,
  { sse, headers, timeoutMs, json }: DoctorOptions,
  launched?: Launched,
): Promise<Report> {
  const Wire = sse ? SseWire : StreamableHttpWire;
  const wire = sse ? 'sse' : 'streamable-http';
  const connect: Connect = (receive) => new Wire(url, headers, receive);
  const reached = await reach(wire, connect, launched === undefined ? 0 : SERVES_WITHIN_MS);
  const revive = async (): Promise<string | undefined> => {
    if (launched === undefined) {
      if (await accepts(new URL(url))) return undefined;
      if (!(await isBack(new URL(url)))) throw new DoctorFault('the proxy is gone: nobody listens at its URL any more');
      return '';
    }
    const end = await launched.revive(new URL(url));
    if (end !== undefined) await reach(wire, connect, SERVES_WITHIN_MS);
    return end;
  };
  const target = { ...reached, revive };
  const print = (text: string): void => {
    if (!json) process.stdout.write(text);
  };
  print(headOf(shownUrl(url), wire, timeoutMs));
  const { findings, gone } = await examine(target, timeoutMs, (finding) => {
    print(lineOf(finding));
  });
  const report = reportOf({ url: shownUrl(url), wire, timeoutMs }, findings, {
    stopped: gone?.message,
    hasSessions: target.hasSessions,
  });
  print(footOf(report));
  if (json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  return report;
}
