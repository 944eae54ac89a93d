/** Hosts that may be addressed: each that is accepted as an option is let in, and no other. */
import { createStatefulProxy, type StatefulProxyOptions } from 'mcp-backchannel/proxy';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from '../../../src/cli/options.js';
import { UsageError } from '../../../src/cli/usage-error.js';
import { MIRROR, Started } from '../../cli/support.js';
import { send } from '../../proxy/raw-http.js';
import { proxies } from '../../proxy/support.js';

const started = new Started();
afterEach(async () => started.end());

const open = proxies();
const PING = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });

/** Which of these may be addressed: a ping without a session is a bad request, but its sender was let in. */
async function letIn(url: string, hosts: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(
    hosts.map(async (host) => ({ host, status: (await send(url, { body: PING, headers: { host } })).status })),
  );
  for (const { status } of answers) expect([400, 403]).toContain(status);
  return answers.filter(({ status }) => status === 400).map(({ host }) => host);
}

const GOOD: readonly (readonly [string, string[], string[]])[] = [
  ['*', ['a.test', 'a.test:81', 'b.a.test', '10.0.0.1:3000', '[2001:db8::1]'], []],
  ['*.a.test', ['b.a.test', 'c.b.a.test:81', 'B.A.TEST'], ['a.test', 'xa.test', '.a.test', 'a.test.evil', 'b.a.testx']],
  ['*.a.test:81', ['b.a.test:81'], ['b.a.test', 'b.a.test:82', 'a.test:81']],
  ['*:81', ['a.test:81', '[2001:db8::1]:81'], ['a.test', 'a.test:82']],
  ['a.test:*', ['a.test', 'a.test:81'], ['b.a.test', 'a.test.evil:81']],
  ['*.a.test:*', ['b.a.test:81'], ['a.test:81']],
  [
    'a.test',
    ['a.test', 'a.test:81', 'A.Test', 'a.test.', 'a.test.:81'],
    ['b.a.test', 'a.testx', 'xa.test', 'a.test..'],
  ],
  ['A.Test.', ['a.test', 'a.test.'], []],
  ['a.test:81', ['a.test:81', 'A.TEST:81'], ['a.test', 'a.test:82', 'a.test:8']],
  // What is the default port of a scheme is not said in a Host.
  ['a.test:443', ['a.test', 'a.test:443'], ['a.test:81']],
  ['a.test:80', ['a.test', 'a.test:80'], ['a.test:81']],
  ['[2001:db8::1]', ['[2001:db8::1]', '[2001:db8::1]:81', '[2001:DB8:0:0::1]'], ['[2001:db8::2]']],
  ['2001:DB8:0::1', ['[2001:db8::1]:81'], ['[2001:db8::2]']],
  ['[2001:db8::1]:81', ['[2001:db8::1]:81'], ['[2001:db8::1]', '[2001:db8::1]:82']],
  ['[2001:db8::1]:*', ['[2001:db8::1]:82'], []],
  ['10.0.0.1', ['10.0.0.1', '10.0.0.1:81'], ['10.0.0.10', '10.0.0.1.evil']],
  ['my_service', ['my_service:3000'], ['my-service']],
  ['bücher.test', ['xn--bcher-kva.test'], ['bucher.test']],
];

const BAD = [
  ...['', ' ', '**', '*.', '*.*', '**.a.test', '*a.test', 'a.*', 'a.*.test', '*.a.*', '.a.test', 'a..test', '*:'],
  ...['a.test:', 'a.test:x', 'a.test:0', 'a.test:65536', 'a.test:8*', 'a.test:80:80', ':81', '[::1', '::1]', '[::1]x'],
  ...[
    '[*]',
    '[a.test]',
    '*.10.0.0.1',
    '*.[::1]',
    'a.test/',
    'https://a.test',
    'https:a.test',
    'a@b.test',
    'a,b',
    'a b',
  ],
  ...['a.test?x', 'a.test#x', 'a%2etest', 'a\\b', '10.0.0.999', '1:2:3', 'a.test..'],
];

describe('59: --allowed-host', () => {
  it.each(GOOD)('%s lets in whom it names, and nobody else', async (host, good, evil) => {
    const stage = await open('in-memory', { allowedHosts: [host] });
    expect(await letIn(stage.url, [...good, ...evil])).toEqual(good);
    // What is let in is the same for whoever gives it to the command.
    expect(() => parse(['--allowed-host', host, '--', 'server'])).not.toThrow();
  });

  it.each(BAD)('%j is refused at start', (host) => {
    expect(() => parse(['--allowed-host', host, '--', 'server'])).toThrow(UsageError);
    const options = { allowedHosts: [host] } as unknown as StatefulProxyOptions;
    expect(() => createStatefulProxy({ ...options, upstream: () => Promise.reject(new Error('never')) })).toThrow(
      /^option allowedHosts must be/,
    );
  });

  it('lets in all of several', async () => {
    const stage = await open('in-memory', { allowedHosts: ['a.test', '*.b.test:81'] });
    expect(await letIn(stage.url, ['a.test', 'x.b.test:81', 'x.b.test', 'c.test'])).toEqual(['a.test', 'x.b.test:81']);
  });

  it.each([['*'], ['*:*']])('%s is told to be a risk', async (host) => {
    const { command } = await started.endpoint(['--allowed-host', host, ...MIRROR]);
    await command.line(/warning: .*--allowed-host.*any/);
  });

  it('does not let in any host that is none', async () => {
    const stage = await open('in-memory', { allowedHosts: ['*'] });
    for (const host of ['a b', 'a.test:x', '[::1', 'a/b', '*'])
      expect([host, (await send(stage.url, { body: PING, headers: { host } })).status]).toEqual([host, 403]);
  });
});

describe('59: --allowed-origin', () => {
  it.each(['*', 'https://*.a.test', 'null', 'https://a.test/', 'a.test', 'https://a.test:443', ''])(
    '%j is refused at start, as it would never be true',
    (origin) => {
      expect(() => parse(['--allowed-origin', origin, '--', 'server'])).toThrow(UsageError);
      const upstream = (): never => {
        throw new Error('never');
      };
      expect(() => createStatefulProxy({ upstream, allowedOrigins: [origin] })).toThrow(
        /^option allowedOrigins must be/,
      );
    },
  );

  it.each([
    'https://a.test',
    'HTTPS://B.TEST',
    'http://a.test:81',
    'vscode-webview://1a2b',
    'chrome-extension://abc',
    'app://obsidian.md',
  ])('%s lets in whom it names', async (origin) => {
    const stage = await open('in-memory', { allowedOrigins: [origin] });
    expect((await send(stage.url, { body: PING, headers: { origin } })).status).toBe(400);
    expect((await send(stage.url, { body: PING, headers: { origin: `${origin}x` } })).status).toBe(403);
    expect(() => parse(['--allowed-origin', origin, '--', 'server'])).not.toThrow();
  });
});
