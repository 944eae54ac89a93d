import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parse } from '../../src/cli/options.js';
import { UsageError } from '../../src/cli/usage-error.js';

const SECRET = 'correct-horse-battery';
const COMMAND = ['--', 'server'];
const REDIS = 'redis://127.0.0.1:6379';
const CLUSTER = ['--cluster', REDIS, '--cluster-secret', SECRET];
const URL_ARGS = ['--url', 'http://127.0.0.1/mcp'];

function refusal(args: readonly string[]): string {
  try {
    parse(args);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('refuses in one line, without saying what may be a credential,', () => {
  it.each<[string, readonly string[], RegExp]>([
    ['nothing to serve', [], /^nothing to serve/],
    ['a command that is missing', ['--port', '1', '--'], /^nothing to serve/],
    ['two things to serve', [...URL_ARGS, ...COMMAND], /^more than one thing to serve/],
    ['two URLs', [...URL_ARGS, '--sse-url', 'http://127.0.0.1/sse'], /^more than one thing to serve/],
    ['an unknown option', ['--prot', '1', ...COMMAND], /^unknown option '--prot' \(Did you mean --port\?\)$/],
    ['an unknown option with a secret', [`--headr=A: ${SECRET}`, ...COMMAND], /^unknown option '--headr'/],
    ['a URL that is given twice', [...URL_ARGS, ...URL_ARGS], /^--url is given more than once$/],
    ['a port that is given twice', ['--port', '1', '--port=1', ...COMMAND], /^--port is given more than once$/],
    ['an option without its value', ['--port'], /^option '--port <number>' argument missing$/],
    ['a port that is no number', ['--port', 'http', ...COMMAND], /^--port must be a whole number, 0 to 65535, not/],
    ['a port that is too large', ['--port', '65536', ...COMMAND], /^--port must be/],
    ['an empty port', ['--port', '', ...COMMAND], /^--port must be/],
    ['no sessions at all', ['--max-sessions', '0', ...COMMAND], /^--max-sessions must be a whole number, 1 or more/],
    ['a duration with another unit', ['--idle-timeout', '1h', ...COMMAND], /^--idle-timeout must be a duration/],
    ['a negative duration', ['--park-timeout=-1', ...COMMAND], /^--park-timeout must be a duration/],
    ['an unknown rule', ['--ambiguous', 'guess', ...COMMAND], /^--ambiguous must be 'last-inbound' or 'reject', not/],
    ['an unknown event store', ['--event-store', 'disk', ...COMMAND], /^--event-store must be 'memory', not 'disk'$/],
    ['a path without its slash', ['--path', 'mcp', ...COMMAND], /^--path must be a path that begins with/],
    ['a path that is taken', ['--path', '/healthz', ...COMMAND], /^--path must be another path/],
    ['a directory that is not there', ['--cwd', '/does/not/exist', ...COMMAND], /^--cwd must be a directory/],
    ['a variable without a value', ['--env', SECRET, ...COMMAND], /^--env must be a variable/],
    ['a header without a colon', ['--header', SECRET, ...URL_ARGS], /^--header must be a header/],
    ['a header of two lines', ['--header', `A: ${SECRET}\nB: 1`, ...URL_ARGS], /^--header must be a header/],
    ['a header of the connection', ['--pass-header', 'Host', ...URL_ARGS], /^--pass-header must be a header that can/],
    [
      'the session of the other side',
      ['--pass-header', 'Mcp-Session-Id', ...URL_ARGS],
      /^--pass-header must be a header that can/,
    ],
    [
      'the credential of another proxy',
      ['--pass-header', 'Proxy-Authorization', ...URL_ARGS],
      /^--pass-header must be a header that can/,
    ],
    [
      'how we read answers',
      ['--pass-header', 'Accept-Encoding', ...URL_ARGS],
      /^--pass-header must be a header that can/,
    ],
    ['the length of a body', ['--pass-header', 'content-length', ...URL_ARGS], /^--pass-header must be a header that/],
    ['the coding of a body', ['--pass-header', 'transfer-encoding', ...URL_ARGS], /^--pass-header must be a header/],
    ['what a connection is', ['--pass-header', 'Connection', ...URL_ARGS], /^--pass-header must be a header that can/],
    [
      'an origin with a path',
      ['--allowed-origin', 'https://a.test/', ...COMMAND],
      /^--allowed-origin must be an origin/,
    ],
    ['a URL as a host', ['--allowed-host', 'https://a.test', ...COMMAND], /^--allowed-host must be a host/],
    ['a URL of another kind', ['--url', `ftp://${SECRET}`], /^--url must be an http or https URL$/],
    ['a URL with a password', ['--url', `http://me:${SECRET}@a.test/`], /^--url must be a URL without a password/],
    ['a token with a space', ['--token', `${SECRET} 1`, ...COMMAND], /^--token must be a token of letters/],
    ['headers for a command', ['--header', `A: ${SECRET}`, ...COMMAND], /^--header needs --url or --sse-url$/],
    ['variables for a URL', ['--env', `A=${SECRET}`, ...URL_ARGS], /^--env needs a command to run$/],
    ['a port with --stdio', ['--stdio', '--port', '1', ...COMMAND], /^--port has no meaning with --stdio/],
    [
      'JSON answers with --stdio',
      ['--stdio', '--json-response', ...COMMAND],
      /^--json-response has no meaning with --stdio/,
    ],
    ['a token with --stdio', ['--stdio', '--token', SECRET, ...COMMAND], /^--token has no meaning with --stdio/],
    ['a new token that is not passed on', ['--rebind', ...URL_ARGS], /^--rebind needs --pass-header authorization$/],
    [
      'a token that may be anybody’s',
      ['--vary-header', 'Authorization', ...URL_ARGS],
      /^--vary-header authorization would let anybody into every session/,
    ],
    ['a public URL of another kind', ['--public-url', 'a.test', ...URL_ARGS], /^--public-url must be an http or https/],
    [
      'a protocol over HTTP+SSE',
      ['--upstream-protocol', 'modern', '--sse-url', 'http://a.test/'],
      /^--upstream-protocol has no meaning with --sse-url/,
    ],
    ['a public URL for a command', ['--public-url', 'https://a.test', ...COMMAND], /^--public-url needs --url/],
    [
      'a cluster of another kind',
      ['--cluster', `http://:${SECRET}@a.test`, ...COMMAND],
      /^--cluster must be the URL of/,
    ],
    ['a cluster without a host', ['--cluster', `redis:${SECRET}`, ...COMMAND], /^--cluster must be the URL of a Redis/],
    [
      'a cluster without a secret',
      ['--cluster', REDIS, ...COMMAND],
      /^--cluster needs a --cluster-secret, best by MCP_/,
    ],
    [
      'a cluster secret that can be guessed',
      ['--cluster', REDIS, '--cluster-secret', SECRET.slice(0, 15), ...COMMAND],
      /^--cluster-secret must be 16 characters or more; make one with: openssl/,
    ],
    ['a cluster with --stdio', ['--stdio', '--cluster', REDIS, ...COMMAND], /^--cluster has no meaning with --stdio/],
    ['a secret without a cluster', ['--cluster-secret', SECRET, ...COMMAND], /^--cluster-secret needs --cluster$/],
    ['an inner port without a cluster', ['--inner-port', '1', ...COMMAND], /^--inner-port needs --cluster$/],
    ['an inner address without a cluster', ['--inner-address', 'a', ...COMMAND], /^--inner-address needs --cluster$/],
    ['a lease without a cluster', ['--lease', '1s', ...COMMAND], /^--lease needs --cluster$/],
    ['a lease that is too short', [...CLUSTER, '--lease', '99', ...COMMAND], /^--lease must be a duration of 100ms or/],
    ['an inner port that is no number', [...CLUSTER, '--inner-port', 'x', ...COMMAND], /^--inner-port must be a whole/],
    ...['', 'a/b', 'http://a/b', 'ftp://a', 'a:0', 'a:x', 'a?b', 'http://', '0.0.0.0', '[::]:1', `me:${SECRET}@a`].map(
      (address): [string, readonly string[], RegExp] => [
        `an inner address like '${address}'`,
        [...CLUSTER, '--inner-address', address, ...COMMAND],
        /^--inner-address must be a host or URL/,
      ],
    ),
    [
      'an inner address with https and no port behind it',
      [...CLUSTER, '--inner-address', 'https://a', ...COMMAND],
      /^--inner-address with https needs an --inner-port/,
    ],
    [
      'to give its own token to the server',
      ['--token', SECRET, '--pass-header', 'Authorization', ...URL_ARGS],
      /^--pass-header authorization would give the --token/,
    ],
  ])('%s', (_what, args, expected) => {
    const message = refusal(args);
    expect(message).toMatch(expected);
    expect(message).not.toContain('\n');
    expect(message).not.toContain(SECRET);
  });
});

it('blames an empty variable, not the option that it stands for', () => {
  vi.stubEnv('MCP_BACKCHANNEL_TOKEN', '');
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(refusal(COMMAND)).toMatch(/^MCP_BACKCHANNEL_TOKEN must be a token of/);
  expect(parse(['--token', SECRET, ...COMMAND]).token).toBe(SECRET);
});

describe('takes', () => {
  it.each([
    ['node-1', { scheme: 'http', host: 'node-1', port: undefined }],
    ['Node-1:3001', { scheme: 'http', host: 'node-1', port: 3001 }],
    ['http://10.0.0.1:80/', { scheme: 'http', host: '10.0.0.1', port: 80 }],
    ['https://10.0.0.1', { scheme: 'https', host: '10.0.0.1', port: undefined }],
    ['HTTPS://a:443', { scheme: 'https', host: 'a', port: 443 }],
    ['FD00::0001', { scheme: 'http', host: '[fd00::1]', port: undefined }],
    ['[fd00::1]:3001', { scheme: 'http', host: '[fd00::1]', port: 3001 }],
  ])('%s as an inner address', (text, innerAddress) => {
    const args = [...CLUSTER, '--inner-port', '1', '--inner-address', text, ...COMMAND];
    expect(parse(args)).toMatchObject({ innerAddress });
  });

  it('a cluster in the environment, which has no meaning with --stdio', () => {
    vi.stubEnv('MCP_BACKCHANNEL_CLUSTER', REDIS);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(refusal(COMMAND)).toMatch(/^--cluster needs a --cluster-secret/);
    expect(parse(['--stdio', ...COMMAND]).stdio).toBe(true);
    vi.stubEnv('MCP_BACKCHANNEL_CLUSTER_SECRET', SECRET);
    expect(parse(COMMAND)).toMatchObject({ cluster: REDIS, clusterSecret: SECRET, innerPort: 0, lease: 3_000 });
  });

  it('what follows the command as the command’s own, its options too', () => {
    const { upstream, port } = parse(['--port', '1', '--', 'npx', '-y', 'server', '--port', '2', '--help']);
    expect(upstream).toMatchObject({ command: 'npx', args: ['-y', 'server', '--port', '2', '--help'] });
    expect(port).toBe(1);
  });

  it('options that may be repeated, in their order', () => {
    const { upstream } = parse(['--env', 'A=1', '--env', 'B=x=y', '--env', 'C=', ...COMMAND]);
    expect(upstream).toMatchObject({ env: { A: '1', B: 'x=y', C: '' } });
    const { upstream: server } = parse([
      ...URL_ARGS,
      '--header',
      'A:1',
      '--header',
      'B: x:y',
      '--pass-header',
      'X-Key',
    ]);
    expect(server).toMatchObject({
      headers: [
        ['A', '1'],
        ['B', 'x:y'],
      ],
      passHeaders: ['x-key'],
    });
  });

  it('defaults where nothing is given', () => {
    expect(parse(COMMAND)).toEqual({
      upstream: { kind: 'command', command: 'server', args: [], env: {}, cwd: undefined },
      port: 3000,
      host: '127.0.0.1',
      path: '/mcp',
      keepAliveTimeout: 75_000,
      idleTimeout: 1_800_000,
      innerPort: 0,
      lease: 3_000,
      live: false,
      maxSessions: 1000,
      maxMessage: 10_485_760,
      maxBody: 4_194_304,
      ambiguous: 'last-inbound',
      upstreamProtocol: 'auto',
      parkTimeout: 5_000,
      maxParked: 256,
      maxParkedBytes: 4_194_304,
      orphanTimeout: 30_000,
      jsonResponse: false,
      stdio: false,
      cors: false,
      rebind: false,
      serialize: false,
      provenance: true,
      modern: true,
      trace: false,
      traceFileSize: 67_108_864,
      traceFileKeep: 3,
      tracePayloads: false,
      json: false,
    });
  });
});
