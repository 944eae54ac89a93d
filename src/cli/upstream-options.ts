import type { Row } from './option-row.js';

/** The options that say which server is served, and how it is reached. */
export const UPSTREAM_ROWS = [
  { flags: '--url <url>', group: 'upstream', help: 'a server over Streamable HTTP', value: 'httpUrl' },
  { flags: '--sse-url <url>', group: 'upstream', help: 'a server over the older HTTP+SSE', value: 'httpUrl' },
  {
    flags: '--header <name:value>',
    group: 'upstream',
    help: 'sent to the server with every request',
    value: 'header',
    repeatable: true,
    needs: 'url',
  },
  {
    flags: '--pass-header <name>',
    group: 'upstream',
    help: 'copied from each request of a client to the server; replaces a --header of that name',
    value: 'headerName',
    repeatable: true,
    needs: 'url',
  },
  {
    flags: '--vary-header <name>',
    group: 'upstream',
    help: 'like --pass-header, for a header that may differ between the requests of one session',
    value: 'headerName',
    repeatable: true,
    needs: 'url',
  },
  {
    flags: '--upstream-protocol <era>',
    group: 'upstream',
    help: "'modern' is revision 2026-07-28, 'legacy' any before it; 'auto' takes legacy if the server offers it",
    choices: ['legacy', 'auto', 'modern'],
    default: 'auto',
  },
  {
    flags: '--env <key=value>',
    group: 'upstream',
    help: 'set for the command, in addition to the environment it inherits',
    value: 'variable',
    repeatable: true,
    needs: 'command',
  },
  {
    flags: '--cwd <directory>',
    group: 'upstream',
    help: 'where the command runs',
    value: 'directory',
    needs: 'command',
  },
] as const satisfies readonly Row[];
