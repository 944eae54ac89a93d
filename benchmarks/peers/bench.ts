/**
 * The proxy and others: same backend, same machine, in one run, and a client that speaks what each speaks.
 *
 *     npm run bench:peers -- [--brief] [--only <name>] [--eras] [--out <folder>]
 *
 * How noise is kept out, or made to hit all alike: for latency and throughput all are up at once and take
 * turns, round by round, in changing order, and what a call costs straight at the backend is measured in
 * the same round and taken off. Starts and memory are measured in a new process each time. Every figure
 * is the median of its rounds, with the least and the greatest. Ratios are medians of the ratios round by round, with the
 * interval that holds them with a confidence of 95 %.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { environment } from '../../suites/lib/environment.js';
import { folderFor, write } from '../lib/program.js';
import { aimsOf } from './aims.js';
import { CONTESTANTS } from './contestants.js';
import { print, printEras } from './print.js';
import type { Effort, PeersResult } from './results.js';
import { Run } from './run.js';

const { values: options } = parseArgs({
  options: {
    brief: { type: 'boolean', default: false },
    /** Those whose name, version and upstream contain it; ours, too. */
    only: { type: 'string' },
    /** Only what they do with a client of revision 2026-07-28. */
    eras: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

const effort: Effort = options.brief
  ? {
      rounds: 1,
      calls: 50,
      throughputMs: 100,
      concurrency: 16,
      starts: 1,
      memoryRounds: 1,
      sessions: 5,
      stdioSessions: 2,
    }
  : {
      rounds: 9,
      calls: 400,
      throughputMs: 700,
      concurrency: 16,
      starts: 3,
      memoryRounds: 3,
      sessions: 200,
      stdioSessions: 5,
    };

const METHOD = [
  'p50 and p99: calls of the tool echo, one after the other in one session, until the answer is there; added: less those of the backend itself over the same kind of upstream, in the same round; the client waits for each answer before it calls again, so that p99 is not that of a service under constant load',
  'callsPerSecond16: 16 calls at once, in one session',
  'backend: MCP by hand on Node, one process per stdio session, one process for all HTTP sessions',
  'client: node:http with kept-alive connections; speaks Streamable HTTP, or HTTP+SSE where the wire is sse; opens no standalone stream, except where the wire is sse; where the wire is stdio, the pipes of a process that it has started',
  'memory: of the process of the proxy alone; sessions that made one call, with no connection open except where the wire is sse; where the wire is stdio, each session is a process, memory is that of all of them, and effort.stdioSessions of them are opened instead of effort.sessions',
  'ratio: the median of the ratios round by round, with the interval that holds it with a confidence of 95 % (bootstrap)',
  'all are started with their defaults, through a preload that lets them listen on 127.0.0.1 only; supergateway with --logLevel none, mcp-remote with --silent; what they write to stdout goes nowhere',
  'SDK: the version of the packages that the running program has loaded, or that is named in its bundle; where none is named, it has loaded none',
  'left out: @modelcontextprotocol/inspector 2.12.0, which relays for its own page only, in envelopes under /api/mcp, and has no MCP endpoint; it also needs Node 22.19',
  'left out: mcp-uplift, which is not on npm under the name that its README gives',
];

const only = options.only?.toLowerCase();
const contestants = CONTESTANTS.filter(
  ({ name, version, upstream, isOurs }) =>
    only === undefined || isOurs || `${name} ${version} ${upstream}`.toLowerCase().includes(only),
);

const place = { out: folderFor(options.out, options.brief || only !== undefined) };
const run = await Run.start(contestants, effort);
try {
  await run.observeModern();
  write(place, 'peers-eras', { environment: environment(), ...run.eras() });
  printEras(run.eras());
  if (options.eras) process.exit();
  await run.observeBehaviour();
  await run.measureLoad();
  await run.measureLives();
  const { costs, direct, behaviour, failures } = run.results();
  const result: PeersResult = {
    environment: environment(),
    method: METHOD,
    effort,
    direct,
    contestants: costs,
    behaviour,
    aims: aimsOf(costs, behaviour, failures),
    failures,
  };
  write(place, 'peers', result);
  print(result);
} finally {
  run.close();
}
// A peer that broke off may have left a socket half open on our side.
process.exit();
