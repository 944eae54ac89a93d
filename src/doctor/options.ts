import { parseArgs } from 'node:util';
import { durationMs } from '../durations.js';
import { textOf } from '../errors.js';
import { DoctorFault } from './fault.js';

export interface DoctorOptions {
  /** The endpoint of the proxy. `{port}` stands for the port that it is given. */
  readonly url: string;
  /** Starts the proxy. `undefined`: it is up. */
  readonly proxy: string | undefined;
  readonly sse: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly json: boolean;
}

export const USAGE = `Usage: mcp-backchannel doctor --proxy COMMAND [options]
       mcp-backchannel doctor --url URL [options]
       mcp-backchannel doctor backend [--http]

Tries what an MCP proxy does with messages that its backend starts. It puts a
backend that asks behind the proxy, and a strict client in front of it.

  --proxy COMMAND  starts the proxy, in a shell. The doctor replaces
                     {port}         a free port for the proxy to listen on
                     {backend}      the command of the backend; in quotes
                                    if the proxy takes it as one argument
                     {backend-url}  the URL of the backend, over HTTP
                     {config}       a file with the backend in "mcpServers"
  --url URL        the endpoint of a proxy; without --proxy, of a running one
                   that has "mcp-backchannel doctor backend" as its server
  --path PATH      the endpoint on the port, without --url (default: /mcp)
  --sse            the proxy serves HTTP+SSE instead of Streamable HTTP
  --header FIELD   'name: value', sent with every request; may be repeated
  --timeout TIME   how long until a call counts as hanging (default: 5s)
  --json           prints the result as JSON
  -h, --help       prints this

backend runs the backend alone, over stdio; with --http, over Streamable HTTP
on a free port, and prints its URL.

Exit codes:
  0  everything the proxy offers works
  1  something hangs, is lost, crosses or is refused
  2  an option is invalid, or there is nothing to try: the proxy does not
     start, cannot be reached, goes away, or has another server behind it
  3  the doctor itself failed

Examples:
  mcp-backchannel doctor --proxy 'node proxy.js --port {port} -- {backend}'
  mcp-backchannel doctor --proxy 'npx -y supergateway@3.4.3 --stateful
    --outputTransport streamableHttp --port {port} --stdio "{backend}"'
`;

/**
 * Reads the options of the doctor.
 *
 * @returns `undefined` if they ask for help
 * @throws DoctorFault if they are invalid
 */
export function readOptions(args: readonly string[]): DoctorOptions | undefined {
  const { url, proxy, path, sse, header, timeout, json, help } = parse(args);
  if (help) return undefined;
  if (url === undefined && proxy === undefined)
    throw new DoctorFault('nothing to try: give --proxy COMMAND or --url URL (see doctor --help)');
  if (url !== undefined && path !== undefined) throw new DoctorFault('--path has no meaning with --url');
  if (proxy === undefined && url?.includes('{port}') === true)
    throw new DoctorFault('{port} in --url has no meaning without --proxy');
  if (url === undefined && proxy?.includes('{port}') !== true)
    throw new DoctorFault('--proxy needs {port} in its command, or a --url where the proxy listens');
  const endpoint = url ?? `http://127.0.0.1:{port}${path ?? '/mcp'}`;
  if (!/^https?:$/.test(schemeOf(endpoint))) throw new DoctorFault('--url must be an http or https URL');
  const timeoutMs = durationMs(timeout);
  if (timeoutMs === undefined || timeoutMs === 0)
    throw new DoctorFault(`--timeout must be a duration like 5s, not '${timeout}'`);
  return { url: endpoint, proxy, sse, headers: Object.fromEntries(header.map(fieldOf)), timeoutMs, json };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        url: { type: 'string' },
        proxy: { type: 'string' },
        path: { type: 'string' },
        sse: { type: 'boolean', default: false },
        header: { type: 'string', multiple: true, default: [] },
        timeout: { type: 'string', default: '5s' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new DoctorFault(
      textOf(error)
        .split('\n')[0]
        ?.replace(/\. To specify.*/, '') ?? '',
    );
  }
}

function schemeOf(url: string): string {
  const text = url.replace('{port}', '1');
  return URL.canParse(text) ? new URL(text).protocol : '';
}

/** The value may be a credential, which no error repeats. */
function fieldOf(header: string): readonly [string, string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+): *(.*)$/.exec(header) ?? [];
  if (name === undefined || value === undefined) throw new DoctorFault("--header must be 'name: value'");
  return [name, value];
}
