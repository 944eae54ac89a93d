/** `mcp-backchannel doctor`: a program of its own, which the command loads only for this word. */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { observeAlone } from './alone.js';
import { endWithStdin } from './backend/end-with-stdin.js';
import { serveHttp } from './backend/http.js';
import { serveStdio } from './backend/stdio.js';
import { examine } from './examine.js';
import { DoctorFault, OtherServer } from './fault.js';
import { Launched } from './launch.js';
import { readOptions, USAGE, type DoctorOptions } from './options.js';
import { freePort } from './free-port.js';
import { accepts, isBack } from './ports.js';
import { reach, type Patience } from './reach.js';
import { aloneOf, footOf, headOf, lineOf, reportOf, shownUrl, type Report } from './report.js';
import { SseWire } from './sse-wire.js';
import { StreamableHttpWire } from './streamable-http-wire.js';
import type { Connect } from './wire.js';

const NAMES_BACKEND = /\{(?:backend|backend-url|config)\}/;
const NAME_IT = 'Name that in the command: {backend}, {backend-url} or {config}';
const PUT_IT = [
  'No message that a backend starts was tried. To try them, give the proxy this command as its server:',
  '  npx -y mcp-backchannel doctor backend',
  'Or let the doctor start the proxy with it:',
  "  mcp-backchannel doctor --proxy 'COMMAND --port {port} -- {backend}'",
].join('\n');

const BACKEND = fileURLToPath(new URL('backend.js', import.meta.url));

/** One that we start may listen before it can serve. */
const SERVES_WITHIN_MS = 15_000;
/** A proxy may have to start a server for its first session. */
const ANSWERS_WITHIN_MS = 20_000;

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
    say(error.message);
    setTimeout(() => process.exit(), LINGER_MS).unref();
    return 2;
  }
}

/** On stderr: what is no part of the report. */
function say(text: string): void {
  process.stderr.write(`mcp-backchannel doctor: ${text}\n`);
}

/** A fault of the doctor itself. */
function failed(error: unknown): number {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say(`this is a fault of the doctor, not of the proxy: ${text}`);
  setTimeout(() => process.exit(), LINGER_MS).unref();
  return 3;
}

async function serveBackend(args: readonly string[]): Promise<number | undefined> {
  const [option, ...others] = args;
  if (others.length > 0 || (option !== undefined && option !== '--http')) {
    say('backend takes no option but --http');
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
  if (!options.json) say('starting the proxy…');
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
    const { href } = await launched.listening(new URL(url), say);
    return await examineAt(href, options, launched).catch((error: unknown) => {
      if (error instanceof OtherServer && !NAMES_BACKEND.test(proxy)) throw new OtherServer(NAME_IT);
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
  const patience: Patience = {
    answersMs: Math.max(ANSWERS_WITHIN_MS, timeoutMs),
    refusesMs: launched === undefined ? 0 : SERVES_WITHIN_MS,
    timeoutMs,
    onWaiting: (why) => {
      say(`${why}. Waiting for it…`);
    },
  };
  const print = (text: string): void => {
    if (!json) process.stdout.write(text);
  };
  const reached = await reach(wire, connect, patience).catch(async (error: unknown) => {
    if (!(error instanceof OtherServer) || launched !== undefined) throw error;
    const fault = new OtherServer(PUT_IT);
    if (sse) throw fault;
    const alone = await observeAlone(url, headers, timeoutMs);
    print(aloneOf(shownUrl(url), alone));
    const report = reportOf({ url: shownUrl(url), wire, timeoutMs }, [], { stopped: error.message });
    if (json) process.stdout.write(`${JSON.stringify({ ...report, alone }, undefined, 2)}\n`);
    throw fault;
  });
  const revive = async (): Promise<string | undefined> => {
    if (launched === undefined) {
      if (await accepts(new URL(url))) return undefined;
      if (!(await isBack(new URL(url)))) throw new DoctorFault('the proxy is gone: nobody listens at its URL any more');
      return '';
    }
    const end = await launched.revive(new URL(url));
    if (end !== undefined) await reach(wire, connect, patience);
    return end;
  };
  const target = { ...reached, revive };
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
