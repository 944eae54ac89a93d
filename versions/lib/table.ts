/** Which versions of the SDK are tested, and with what. */

export interface SdkVersion {
  /** The version, or the line whose newest is meant. */
  readonly name: string;
  /** The package in the root whose version it is. */
  readonly newest?: string;
  /** For `MCP_BACKCHANNEL_TEST_SDK`; `undefined`: the one that the suite is written with. */
  readonly alias: string | undefined;
  readonly files: readonly string[];
  /** Only tests whose names match. */
  readonly only?: string;
  /** What cannot be tested with it, and why. */
  readonly without?: string;
}

/** A proxy and its backend, of one SDK: each way to ask, each upstream, and each state of the client's streams. */
const PROXY = [
  'test/e2e/seed-scenario.test.ts',
  'test/e2e/concurrent-calls.test.ts',
  'test/e2e/stale-context.test.ts',
  'test/e2e/isolation.test.ts',
  'test/e2e/notifications.test.ts',
];

/** One transport: GET that comes late or never, calls that are left, answers in JSON, batches, sessions that end. */
const LIVENESS = ['late-stream', 'dropped-post', 'json-mode', 'one-stream', 'session-wide', 'gone-before'].map(
  (name) => `test/e2e/liveness/${name}.test.ts`,
);
const RESUMING = 'test/e2e/liveness/resuming.test.ts';

const NO_WEB = 'the web-standard transport, which came with 1.25';
const NO_RESUMING = 'resuming, whose tests begin with the first, empty event that came with 1.24';

const NO_DECLINE = "stale contexts, whose tests decline questions: 1.13.0 knows 'reject' only";
const NO_GONE = 'clients that are gone before they are handled: bare or wrapped, their standalone stream stays taken';
const NO_STDIO = 'backends over stdio, whose tests wait for an `onclose` that its `Protocol.connect` replaces';

export const SDK_VERSIONS: readonly SdkVersion[] = [
  {
    name: '1.13.0',
    alias: 'sdk-1.13',
    files: [...PROXY, ...LIVENESS].filter((file) => !/stale-context|gone-before/.test(file)),
    only: '^(?!.*(over stdio|started the process))',
    without: `${NO_WEB}; ${NO_RESUMING}; ${NO_DECLINE}; ${NO_STDIO}; ${NO_GONE}`,
  },
  { name: '1.17.5', alias: 'sdk-1.17', files: [...PROXY, ...LIVENESS], without: `${NO_WEB}; ${NO_RESUMING}` },
  { name: '1.20.2', alias: 'sdk-1.20', files: [...PROXY, ...LIVENESS], without: `${NO_WEB}; ${NO_RESUMING}` },
  { name: '1.24.3', alias: 'sdk-1.24', files: [...PROXY, ...LIVENESS, RESUMING], without: NO_WEB },
  { name: '1.27.1', alias: 'sdk-1.27', files: [...PROXY, ...LIVENESS, RESUMING] },
  { name: '1.x', newest: '@modelcontextprotocol/sdk', alias: undefined, files: [...PROXY, ...LIVENESS, RESUMING] },
  {
    name: '2.0.0',
    alias: 'sdk-2.0',
    files: ['test/e2e/sdk2.test.ts', ...LIVENESS.filter((file) => !file.includes('gone-before'))],
    only: '2\\.x',
    without: NO_GONE,
  },
  {
    name: '2.x',
    newest: '@modelcontextprotocol/server',
    alias: undefined,
    files: ['test/e2e/sdk2.test.ts', ...LIVENESS],
    only: '2\\.x',
  },
];
