/** Which HTTP proxies the environment names, and for which servers. */
import { describe, expect, it } from 'vitest';
import { proxiesFor, secretsOf } from '../../../src/backends/http/proxy-environment.js';

const URL_OF_BACKEND = new URL('http://10.1.2.3:8080/mcp');
const noProxyFor = (list: string, url = URL_OF_BACKEND.href): string =>
  proxiesFor(new URL(url), { no_proxy: list }).noProxy;

describe('a proxy', () => {
  it.each([
    [{}, ''],
    [{ HTTP_PROXY: 'http://p:1' }, 'http://p:1'],
    [{ http_proxy: 'http://q:1', HTTP_PROXY: 'http://p:1' }, 'http://q:1'],
    [{ http_proxy: '', HTTP_PROXY: 'http://p:1' }, ''],
    [{ HTTP_PROXY: ' p.example:3128 ' }, 'http://p.example:3128'],
    [{ HTTP_PROXY: 'HTTPS://p.example' }, 'HTTPS://p.example'],
  ])('is named by %o: %s', (environment, proxy) => {
    expect(proxiesFor(URL_OF_BACKEND, environment).httpProxy).toBe(proxy);
  });

  it.each(['ftp://p.example', 'socks5://p.example', 'http://', 'p.example:secret@'])('is not %s', (value) => {
    const name = 'HTTPS_PROXY must be the http or https URL of a proxy';
    expect(() => proxiesFor(URL_OF_BACKEND, { HTTPS_PROXY: value })).toThrow(name);
  });

  it('keeps its password, in whatever form it is sent', () => {
    const proxies = proxiesFor(URL_OF_BACKEND, { HTTP_PROXY: 'http://me:p%40ss@p.example' });
    expect(secretsOf(proxies)).toEqual(['p%40ss', 'p@ss', 'me:p%40ss', btoa('me:p@ss')]);
  });
});

describe('no proxy is used', () => {
  it.each(['*', 'a.example,*', '10.0.0.0/8', 'a.example 10.1.2.3/32'])('for an address in %s', (list) => {
    expect(noProxyFor(list)).toBe('*');
  });

  it.each(['10.2.0.0/16', '10.1.2.3/33', '10.1.2.3/', 'fd00::/8', '10.1.2.3/8/8'])(
    'for what %s names, and an address is not in it',
    (list) => {
      expect(noProxyFor(list)).toBe(list);
    },
  );

  it('for an address of IPv6, with brackets or without', () => {
    expect(noProxyFor('::1,[::2]', 'http://[::1]/mcp')).toBe('[::1],[::2]');
    expect(noProxyFor('fd00::/8', 'http://[fd00::5]/mcp')).toBe('*');
  });
});
