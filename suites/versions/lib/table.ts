/** Lists the versions of the SDK that are tested, and the tests that run on each. */

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
  /** What is not tested with it, and why. */
  readonly without: readonly string[];
}

/** C1 to C11, each on every kind of transport, bare and wrapped. */
const CONTRACT = 'test/contract';

/** A proxy and its backend, of one SDK: each way to ask, each upstream, and each state of the client's streams. */
const PROXY = ['a-question', 'concurrent-calls', 'stale-context', 'notifications'].map(
  (name) => `test/e2e/${name}.test.ts`,
);

/** One transport: GET that comes late or never, calls that are left, answers in JSON, streams that are resumed. */
const LIVENESS = ['late-stream', 'dropped-post', 'json-mode', 'one-stream', 'session-wide', 'gone-before'].map(
  (name) => `test/e2e/liveness/${name}.test.ts`,
);
const RESUMED = 'test/e2e/liveness/while-resuming.test.ts';

/** Servers and clients of the SDK, with our own transport between them. */
const OURS = 'test/http/sdk-servers.test.ts';
const FIRST = [CONTRACT, ...PROXY, ...LIVENESS, 'test/e2e/liveness/resuming.test.ts', RESUMED, OURS];
const SECOND = [CONTRACT, 'test/e2e/sdk2.test.ts', ...LIVENESS, RESUMED, OURS];

/** Tests of SDK 2.x, in files that it shares with 1.x. */
const OF_SECOND = '2\\.x';

/** Something whose tests are left out, and why. */
interface Left {
  readonly names: readonly string[];
  readonly why: string;
}

/** What is run of 1.x: the contract of one transport, wrapped, and of the rest all but what is left out. */
function first(...left: readonly Left[]): Pick<SdkVersion, 'files' | 'only' | 'without'> {
  const names = [OF_SECOND, ...left.flatMap(({ names }) => names)];
  // Tests of the contract have a transport before their number.
  const others = '(?!.*SDK 1 Streamable HTTP, wrapped).+ C\\d+: ';
  return { files: FIRST, only: `^(?!.*(${names.join('|')}))(?!${others})`, without: left.map(({ why }) => why) };
}

const second = { files: SECOND, only: `${OF_SECOND}|SDK 2 Streamable HTTP, wrapped`, without: [] };

const NO_WEB: Left = { names: ['serves one request only'], why: 'The web-standard transport: it has none.' };
const NO_POLLING: Left = {
  names: ['is told to poll'],
  why: 'Clients that are told to poll: it has no `closeSSEStream()`.',
};
const WRITES_AFTER_END: Left = {
  names: ['close\\(\\) rejects what is being written'],
  why:
    'A transport that is closed while its event store works: bare or wrapped, it writes on the response that it has ended, and ' +
    'nobody listens for the error, which ends the process. 1.20.2 listens.',
};
const FORGETS_CALLS: Left = {
  names: [
    'delivers what was asked while it was away',
    'with a relatedRequestId it delivers',
    'once an event was written the client can come back for more',
    'is stored for the next time',
  ],
  why:
    'Calls that are resumed: 1.25 to 1.29, bare or wrapped, do not store what is sent to a call while its client is away, ' +
    'event store or not. 1.30 fixed it.',
};
const KEEPS_RESUMED: Left = {
  names: ["names the stream of an event' what was asked while the standalone stream was away"],
  why:
    'A stream that is resumed twice, where the event store tells the stream of an event: 1.25 to 1.29 take a resumed stream ' +
    'for open when its client is gone, bare or wrapped, and answer 409.',
};
const NO_DECLINE: Left = {
  names: ['keeps the relatedRequestId of a request in flight', 'replaces a stale id by the right one of several'],
  why: "Two tests of stale contexts that decline questions: it knows `'reject'` only.",
};
const NO_STDIO: Left = {
  names: ['over stdio', 'started the process'],
  why: 'Backends over stdio, whose tests wait for an `onclose` that its `Protocol.connect` replaces.',
};

/** What the range of peers in `package.json` leaves out, and is run to show why. */
export const OUTSIDE = '1.27.1';

export const SDK_VERSIONS: readonly SdkVersion[] = [
  { name: '1.13.0', alias: 'sdk-1.13', ...first(NO_WEB, NO_POLLING, WRITES_AFTER_END, NO_DECLINE, NO_STDIO) },
  { name: '1.17.5', alias: 'sdk-1.17', ...first(NO_WEB, NO_POLLING, WRITES_AFTER_END) },
  { name: '1.20.2', alias: 'sdk-1.20', ...first(NO_WEB, NO_POLLING) },
  { name: '1.24.3', alias: 'sdk-1.24', ...first(NO_WEB) },
  { name: OUTSIDE, alias: 'sdk-1.27', ...first(FORGETS_CALLS, KEEPS_RESUMED) },
  { name: '1.x', newest: '@modelcontextprotocol/sdk', alias: undefined, ...first() },
  { name: '2.0.0', alias: 'sdk-2.0', ...second },
  { name: '2.x', newest: '@modelcontextprotocol/server', alias: undefined, ...second },
];
