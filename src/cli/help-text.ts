/** The parts of the help text that are not options. */

export const GROUPS = {
  upstream: 'What to serve, one session of it for each client:',
  endpoint: 'Where clients find it:',
  access: 'Who may use it:',
  sessions: 'Sessions:',
  backchannel: 'Messages that the server starts:',
  cluster: 'Many nodes behind one load balancer:',
  logs: 'Logs (on stderr) and help:',
} as const;

export const USAGE = `[options] -- command args…
       mcp-backchannel [options] --url URL
       mcp-backchannel [options] --sse-url URL
       mcp-backchannel view FILE
       mcp-backchannel doctor [options]

Serves any MCP server as a stateful Streamable HTTP endpoint, on which messages
that the server starts (elicitation, sampling, progress, …) reach the client.
The doctor tells what becomes of them in any proxy (see doctor --help).`;

/** The end of the help text, after the options. */
export const EXIT_CODES = `
Durations are 500ms, 5s, 2m, or a plain number of milliseconds.

On SIGTERM, SIGINT, SIGHUP or SIGQUIT, calls in flight get up to 10 s to finish,
and the sessions are closed. A second signal ends the process at once.

Exit codes:
  0    ended by a signal, or by the client of --stdio
  1    could not listen, or could not join the cluster; or with --stdio, the
       server could not start or has died, or the client sent a message of
       more than 10 MiB; or a bug
  2    an option or argument is invalid, or there is no such command
  130  ended at once by a second SIGINT (143: SIGTERM, 129: SIGHUP,
       131: SIGQUIT)

Examples:
  mcp-backchannel --port 3000 -- npx -y @playwright/mcp
  mcp-backchannel --url https://example.com/mcp --pass-header authorization
  mcp-backchannel --stdio --url http://127.0.0.1:3000/mcp`;
