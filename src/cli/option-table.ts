import { CLUSTER_ROWS } from './cluster-options.js';
import { MODERN_ROWS } from './modern-options.js';
import type { Row } from './option-row.js';
import { UPSTREAM_ROWS } from './upstream-options.js';

const TABLE = [
  ...UPSTREAM_ROWS,

  {
    flags: '--port <number>',
    group: 'endpoint',
    help: 'port to listen on; 0 takes a free one and prints it',
    value: 'port',
    default: '3000',
    needs: 'http',
  },
  {
    flags: '--host <address>',
    group: 'endpoint',
    help: 'address to listen on',
    value: 'notEmpty',
    default: '127.0.0.1',
    needs: 'http',
  },
  {
    flags: '--path <path>',
    group: 'endpoint',
    help: 'path of the endpoint; /healthz and /metrics are served as well',
    value: 'urlPath',
    default: '/mcp',
    needs: 'http',
  },
  {
    flags: '--public-url <url>',
    group: 'endpoint',
    help: 'where clients reach the endpoint, for the OAuth metadata of the server; otherwise by the Host they address',
    value: 'publicUrl',
    needs: 'url',
  },
  {
    flags: '--keep-alive-timeout <duration>',
    group: 'endpoint',
    help: 'how long an idle connection is kept, best longer than a load balancer keeps it; 0 means no limit',
    value: 'duration',
    default: '75s',
    needs: 'http',
  },
  {
    flags: '--json-response',
    group: 'endpoint',
    help: 'answers each POST in JSON instead of an event stream; messages that the server starts then need the GET stream',
    needs: 'http',
  },
  {
    flags: '--stdio',
    group: 'endpoint',
    help: 'serves one local client over stdin and stdout instead of HTTP',
  },

  {
    flags: '--token <token>',
    group: 'access',
    help: 'bearer token that clients must present; safer in the environment variable',
    value: 'bearerToken',
    env: 'MCP_BACKCHANNEL_TOKEN',
    needs: 'http',
  },
  {
    flags: '--allowed-host <host>',
    group: 'access',
    help: 'host that clients may address, in addition to loopback names',
    value: 'hostName',
    repeatable: true,
    needs: 'http',
  },
  {
    flags: '--allowed-origin <origin>',
    group: 'access',
    help: 'origin that browsers may call from, in addition to loopback ones',
    value: 'origin',
    repeatable: true,
    needs: 'http',
  },
  {
    flags: '--rebind',
    group: 'access',
    help: 'lets a session go on with any new token that the server accepts, not only with one of the same user',
    needs: 'url',
  },
  {
    flags: '--cors',
    group: 'access',
    help: 'answers the CORS preflights of allowed origins',
    needs: 'http',
  },

  {
    flags: '--idle-timeout <duration>',
    group: 'sessions',
    help: 'ends a session whose client has been gone this long; 0 means no limit',
    value: 'duration',
    default: '30m',
    needs: 'http',
  },
  {
    flags: '--max-sessions <number>',
    group: 'sessions',
    help: 'how many may be open at once; one more is refused with 503',
    value: 'atLeastOne',
    default: '1000',
    needs: 'http',
  },
  {
    flags: '--max-message <number>',
    group: 'sessions',
    help: 'how many characters a message of the server, or of the client of --stdio, may have; the call of a longer one fails',
    value: 'atLeastOne',
    default: '10485760',
  },
  {
    flags: '--max-body <number>',
    group: 'sessions',
    help: 'how many bytes the body of a POST may have; a longer one is refused with 413',
    value: 'atLeastOne',
    default: '4194304',
    needs: 'http',
  },
  {
    flags: '--event-store <kind>',
    group: 'sessions',
    help: "'memory' keeps the latest messages of each session, so that clients can resume a broken stream",
    choices: ['memory'],
    needs: 'http',
  },
  ...MODERN_ROWS,

  {
    flags: '--serialize',
    group: 'backchannel',
    help: 'runs one call at a time in each session, so that every server request is matched to the right call',
    needs: 'http',
  },
  {
    flags: '--no-provenance',
    group: 'backchannel',
    help: 'does not ask a command on Node to say which call each of its messages belongs to',
    needs: 'command',
  },
  {
    flags: '--ambiguous <rule>',
    group: 'backchannel',
    help: "when several calls could have caused a message: 'last-inbound' picks the latest, 'reject' refuses the message",
    choices: ['last-inbound', 'reject'],
    default: 'last-inbound',
  },
  {
    flags: '--park-timeout <duration>',
    group: 'backchannel',
    help: 'how long a message waits for a stream to the client',
    value: 'duration',
    default: '5s',
    needs: 'http',
  },
  {
    flags: '--max-parked <number>',
    group: 'backchannel',
    help: 'how many messages of a session may wait for one; 0 refuses at once',
    value: 'zeroOrMore',
    default: '256',
    needs: 'http',
  },
  {
    flags: '--max-parked-bytes <number>',
    group: 'backchannel',
    help: 'how many bytes the messages of a session that wait may have together; one more is refused',
    value: 'zeroOrMore',
    default: '4194304',
    needs: 'http',
  },
  {
    flags: '--orphan-timeout <duration>',
    group: 'backchannel',
    help: 'how long a client may be gone before server requests to it fail; 0 means no limit',
    value: 'duration',
    default: '30s',
    needs: 'http',
  },

  ...CLUSTER_ROWS,

  {
    flags: '--name <text>',
    group: 'logs',
    help: 'what logs call the server; otherwise its package or file, or the host of its URL',
    value: 'notEmpty',
  },
  {
    flags: '--trace',
    group: 'logs',
    help: 'logs a line for each call, server request and answer, and says what a call waits for; quotes output that is no message',
  },
  {
    flags: '--trace-file <file>',
    group: 'logs',
    help: 'appends the same to a file, a JSON object per line',
    value: 'notEmpty',
  },
  {
    flags: '--trace-file-size <number>',
    group: 'logs',
    help: 'how many bytes that file may have; then it is renamed to <file>.1',
    value: 'atLeastOne',
    default: '67108864',
    needs: 'trace-file',
  },
  {
    flags: '--trace-file-keep <number>',
    group: 'logs',
    help: 'how many renamed files are kept',
    value: 'zeroOrMore',
    default: '3',
    needs: 'trace-file',
  },
  {
    flags: '--trace-payloads',
    group: 'logs',
    help: 'writes the messages themselves to that file, with all that users and tools say',
    needs: 'trace-file',
  },
  {
    flags: '--live',
    group: 'logs',
    help: 'serves /live, a page that shows sessions, calls and what waits; only to this machine, or to whoever has the --token',
    needs: 'http',
  },
  { flags: '--json', group: 'logs', help: 'logs one JSON object per line' },
] as const;

/** All options of the command line. Types, help and checks follow from this list. */
export const ROWS: readonly Row[] = TABLE;

export type Entry = (typeof TABLE)[number];
