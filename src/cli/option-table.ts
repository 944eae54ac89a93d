import type { GROUPS } from './help-text.js';
import {
  atLeastOne,
  bearerToken,
  directory,
  duration,
  header,
  headerName,
  hostName,
  httpUrl,
  notEmpty,
  oneOf,
  origin,
  port,
  urlPath,
  variable,
  type Parse,
} from './values.js';

export interface Row {
  readonly flags: string;
  readonly group: keyof typeof GROUPS;
  readonly help: string;
  readonly parse?: Parse<unknown>;
  readonly repeatable?: true;
  readonly default?: unknown;
  /** How help shows the default. */
  readonly shown?: string;
  /** The environment variable it is taken from when it is not given. */
  readonly env?: string;
  /** Without this it would do nothing: a command to run, a URL, or clients that come over HTTP. */
  readonly needs?: 'command' | 'url' | 'http';
}

const MANY = 'may be repeated';

export const TABLE: readonly Row[] = [
  { flags: '--url <url>', group: 'upstream', help: 'a server over Streamable HTTP', parse: httpUrl },
  { flags: '--sse-url <url>', group: 'upstream', help: 'a server over the older HTTP+SSE', parse: httpUrl },
  {
    flags: '--header <name:value>',
    group: 'upstream',
    help: `sent to the server with every request; ${MANY}`,
    parse: header,
    repeatable: true,
    needs: 'url',
  },
  {
    flags: '--pass-header <name>',
    group: 'upstream',
    help: `taken from the client's initialize request and sent to the server, in the place of a --header of that name; ${MANY}`,
    parse: headerName,
    repeatable: true,
    needs: 'url',
  },
  {
    flags: '--env <key=value>',
    group: 'upstream',
    help: `set for the command, beside the environment it inherits; ${MANY}`,
    parse: variable,
    repeatable: true,
    needs: 'command',
  },
  {
    flags: '--cwd <directory>',
    group: 'upstream',
    help: 'where the command runs',
    parse: directory,
    needs: 'command',
  },

  {
    flags: '--port <number>',
    group: 'endpoint',
    help: 'to listen on; 0 takes a free one and prints it',
    parse: port,
    default: 3000,
    needs: 'http',
  },
  {
    flags: '--host <address>',
    group: 'endpoint',
    help: 'to listen on',
    parse: notEmpty,
    default: '127.0.0.1',
    shown: '127.0.0.1',
    needs: 'http',
  },
  {
    flags: '--path <path>',
    group: 'endpoint',
    help: 'of the endpoint, beside /healthz and /metrics',
    parse: urlPath,
    default: '/mcp',
    shown: '/mcp',
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
    help: 'bearer token that clients must present; best given by the environment',
    parse: bearerToken,
    env: 'MCP_BACKCHANNEL_TOKEN',
    needs: 'http',
  },
  {
    flags: '--allowed-host <host>',
    group: 'access',
    help: `host that clients may address, besides loopback names; ${MANY}`,
    parse: hostName,
    repeatable: true,
    needs: 'http',
  },
  {
    flags: '--allowed-origin <origin>',
    group: 'access',
    help: `origin that browsers may call from, besides loopback ones; ${MANY}`,
    parse: origin,
    repeatable: true,
    needs: 'http',
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
    help: 'ends a session whose client is gone for so long; 0: never',
    parse: duration,
    default: 1_800_000,
    shown: '30m',
    needs: 'http',
  },
  {
    flags: '--max-sessions <number>',
    group: 'sessions',
    help: 'one more is refused with 503',
    parse: atLeastOne,
    default: 1000,
    needs: 'http',
  },
  {
    flags: '--event-store <kind>',
    group: 'sessions',
    help: "'memory' keeps the latest messages of each session, so that clients can resume a stream that broke",
    parse: oneOf('memory'),
    needs: 'http',
  },

  {
    flags: '--serialize',
    group: 'backchannel',
    help: 'one call at a time in each session, so that attribution is exact where the backend names no call',
    needs: 'http',
  },
  {
    flags: '--ambiguous <rule>',
    group: 'backchannel',
    help: "several calls may be meant: 'last-inbound' takes the last one, 'reject' refuses the message",
    parse: oneOf('last-inbound', 'reject'),
    default: 'last-inbound',
    shown: 'last-inbound',
  },
  {
    flags: '--park-timeout <duration>',
    group: 'backchannel',
    help: 'how long a message waits for a stream',
    parse: duration,
    default: 5_000,
    shown: '5s',
    needs: 'http',
  },
  {
    flags: '--orphan-timeout <duration>',
    group: 'backchannel',
    help: 'how long a client may be gone before its questions are answered with an error; 0: for ever',
    parse: duration,
    default: 30_000,
    shown: '30s',
    needs: 'http',
  },

  { flags: '--trace', group: 'logs', help: 'one line for each message that the server starts' },
  { flags: '--json', group: 'logs', help: 'one JSON object per line' },
];
