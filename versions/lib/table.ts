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
  readonly only: string;
  /** What cannot be tested with it, and why. */
  readonly without?: string;
}

/** A proxy and its backend, of one SDK: each way to ask, each upstream, and each state of the client's streams. */
const PROXY = ['a-question', 'concurrent-calls', 'stale-context', 'notifications'].map(
  (name) => `test/e2e/${name}.test.ts`,
);

/** One transport: GET that comes late or never, calls that are left, answers in JSON, streams that are resumed. */
const LIVENESS = ['late-stream', 'dropped-post', 'json-mode', 'one-stream', 'session-wide', 'gone-before'].map(
  (name) => `test/e2e/liveness/${name}.test.ts`,
);
const RESUMING = 'test/e2e/liveness/resuming.test.ts';
const FIRST = [...PROXY, ...LIVENESS, RESUMING];

/** Tests of SDK 1.x and of 2.x share files. */
const SECOND = '2\\.x';

/** All tests but those whose names match. */
function without(...names: string[]): string {
  return `^(?!.*(${names.join('|')}))`;
}

const RESUMED = "with an event store '(?!.*a resumed standalone)";
const GONE_GET = ['a GET whose client is gone', 'loses the question$'];
const DECLINED = [
  'keeps the relatedRequestId of a request in flight',
  'replaces a stale id by the right one of several',
];
const STDIO = ['over stdio', 'started the process'];

const NO_WEB = 'the web-standard transport, which it does not have';
const NO_RESUMED =
  'most of resuming: it writes no empty first event from which a call could be resumed, and discards, bare or wrapped, ' +
  'what waits for a standalone stream that is away';
const NO_GONE = 'GET requests whose client is gone before they are handled: bare or wrapped, their stream stays taken';
const NO_LATER =
  'resuming: what is asked while a call is away does not arrive when it is resumed, neither wrapped nor bare with its id';
const NO_DECLINE = "two tests of stale contexts that decline questions: it knows 'reject' only";
const NO_STDIO = 'backends over stdio, whose tests wait for an `onclose` that its `Protocol.connect` replaces';

export const SDK_VERSIONS: readonly SdkVersion[] = [
  {
    name: '1.13.0',
    alias: 'sdk-1.13',
    files: FIRST,
    only: without(SECOND, RESUMED, ...GONE_GET, ...DECLINED, ...STDIO),
    without: `${NO_WEB}; ${NO_RESUMED}; ${NO_GONE}; ${NO_DECLINE}; ${NO_STDIO}`,
  },
  {
    name: '1.17.5',
    alias: 'sdk-1.17',
    files: FIRST,
    only: without(SECOND, RESUMED, ...GONE_GET),
    without: `${NO_WEB}; ${NO_RESUMED}; ${NO_GONE}`,
  },
  {
    name: '1.20.2',
    alias: 'sdk-1.20',
    files: FIRST,
    only: without(SECOND, RESUMED, ...GONE_GET),
    without: `${NO_WEB}; ${NO_RESUMED}; ${NO_GONE}`,
  },
  {
    name: '1.24.3',
    alias: 'sdk-1.24',
    files: FIRST,
    only: without(SECOND, ...GONE_GET),
    without: `${NO_WEB}; ${NO_GONE}`,
  },
  {
    name: '1.27.1',
    alias: 'sdk-1.27',
    files: [...PROXY, ...LIVENESS],
    only: without(SECOND, 'over a Node transport (a GET whose client is gone|the bare transport loses the question$)'),
    without: `${NO_LATER}; over Node, ${NO_GONE}`,
  },
  { name: '1.x', newest: '@modelcontextprotocol/sdk', alias: undefined, files: FIRST, only: without(SECOND) },
  {
    name: '2.0.0',
    alias: 'sdk-2.0',
    files: ['test/e2e/sdk2.test.ts', ...LIVENESS],
    only: `${without(...GONE_GET)}.*${SECOND}`,
    without: NO_GONE,
  },
  {
    name: '2.x',
    newest: '@modelcontextprotocol/server',
    alias: undefined,
    files: ['test/e2e/sdk2.test.ts', ...LIVENESS],
    only: SECOND,
  },
];
