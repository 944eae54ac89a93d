/** The backends of the demo, and how to make each of them do the same work. */
import { fileURLToPath } from 'node:url';
import { CALL_ROWS, type Row } from './rows.js';
import { JSON_ROWS, STREAM_ROWS } from './stream-rows.js';
import type { Work } from './work.js';

export interface Backend {
  readonly title: string;
  /** A program to start first, which prints the URL for the proxy. */
  readonly program?: URL;
  /** What to tell the proxy about it. */
  proxyArgs(url: string | undefined): readonly string[];
  readonly rows: readonly Row[];
  /** Its rows mostly wait: they may run side by side. */
  readonly waits?: boolean;
  readonly work: Work;
  /** Whether each message must come on the stream of its own call: on a single pipe nothing tells whose it is. */
  readonly exact: boolean;
  readonly note: string;
}

const everything = {
  elicit: { tool: 'trigger-elicitation-request', answer: 'Ada' },
  sample: { tool: 'trigger-sampling-request', args: { prompt: 'Say hello' }, answer: 'hello from the model' },
  roots: { tool: 'get-roots-list', answer: 'file:///demo' },
  progress: {
    tool: 'trigger-long-running-operation',
    args: { duration: 0.15, steps: 3 },
    answer: 'completed',
    count: 3,
  },
  log: { tool: 'toggle-simulated-logging', answer: 'Started' },
};

/** The order in which the concurrent calls ask: neither that of arrival nor its reverse. */
const TURNS = [3, 0, 6, 1, 7, 4, 2, 5];

const ours = {
  elicit: { tool: 'ask', args: { tag: 'name?' }, answer: 'Ada' },
  sample: { tool: 'sample', answer: 'hello from the model' },
  roots: { tool: 'roots', answer: 'file:///demo' },
  progress: { tool: 'count', args: { steps: 3 }, answer: 'counted', count: 3 },
  log: { tool: 'log', answer: 'logged' },
};

const OURS_OVER_HTTP = new URL('../lib/backend-http.ts', import.meta.url);

/** In milliseconds: short, for the sake of who watches. */
const PATIENCE = ['--patience', '500'];

export const BACKENDS: readonly Backend[] = [
  {
    title: '@modelcontextprotocol/server-everything over stdio',
    proxyArgs: () => [
      '--',
      process.execPath,
      fileURLToPath(import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js')),
      'stdio',
    ],
    rows: CALL_ROWS,
    work: { ...everything, concurrent: TURNS.map(() => everything.elicit) },
    exact: false,
    note: 'One pipe carries all that this backend says, so nothing tells which of eight calls asks: each question goes on a stream that is alive, that of the last request still in flight.',
  },
  {
    title: 'our backend over Streamable HTTP',
    program: OURS_OVER_HTTP,
    proxyArgs: (url = '') => ['--url', url],
    rows: CALL_ROWS,
    work: {
      ...ours,
      concurrent: TURNS.map((turn, call) => {
        const tag = `call ${call}?`;
        return { tool: 'ask_in_turn', args: { tag, turn, of: TURNS.length }, tag, answer: `${tag}: accept` };
      }),
    },
    exact: true,
    note: 'Each question reaches the proxy in the answer to its own request, and the client on the stream of its own call, though the eight ask in an order unrelated to that of their arrival.',
  },
  {
    title: 'streams that come and go, in front of our backend',
    program: OURS_OVER_HTTP,
    proxyArgs: (url = '') => [...PATIENCE, '--url', url],
    rows: STREAM_ROWS,
    waits: true,
    work: { ...ours, concurrent: [] },
    exact: false,
    note: 'The proxy waits half a second for a stream. Where none comes, the backend has an error instead of a hang.',
  },
  {
    title: 'answers in JSON, in front of our backend',
    program: OURS_OVER_HTTP,
    proxyArgs: (url = '') => ['--json', ...PATIENCE, '--url', url],
    rows: JSON_ROWS,
    waits: true,
    work: { ...ours, concurrent: [] },
    exact: false,
    note: 'A request that is answered in JSON has no stream: a question can only go on GET.',
  },
];
