/** The defaults are those that the pages and the docstrings name. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { proxySettingsFrom } from '../../src/proxy/settings.js';
import { settingsFrom } from '../../src/options.js';
import { NullTransport } from '../support/null-transport.js';

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const wrapper = { settings: { ...settingsFrom(undefined) }, source: 'src/options.ts', page: 'docs/api.md' };
const proxy = {
  settings: { ...proxySettingsFrom({ upstream: () => new NullTransport() }) },
  source: 'src/proxy/options.ts',
  page: 'docs/proxy.md',
};

it.each([
  { of: wrapper, name: 'parkTimeoutMs', value: 5_000 },
  { of: wrapper, name: 'maxParked', value: 256 },
  { of: wrapper, name: 'maxParkedBytes', value: 4_194_304 },
  { of: wrapper, name: 'orphanTimeoutMs', value: 30_000 },
  { of: wrapper, name: 'ambiguous', value: 'last-inbound' },
  { of: wrapper, name: 'attribution', value: 'context' },
  { of: wrapper, name: 'sessionWide', value: 'prefer-standalone' },
  { of: proxy, name: 'maxSessions', value: 1_000 },
  { of: proxy, name: 'maxInFlight', value: 1_000 },
  { of: proxy, name: 'maxBodyBytes', value: 4_194_304 },
  { of: proxy, name: 'maxBufferedBytes', value: 8_388_608 },
  { of: proxy, name: 'idleTimeoutMs', value: 1_800_000 },
  { of: proxy, name: 'serialize', value: false },
  { of: proxy, name: 'enableJsonResponse', value: false },
  { of: proxy, name: 'modern', value: true },
  { of: proxy, name: 'modernSessions', value: 'lease' },
])('$name is $value unless told otherwise, as is written down', ({ of: { settings, source, page }, name, value }) => {
  expect(settings[name as keyof typeof settings]).toBe(value);

  const row = textOf(page)
    .split('\n')
    .find((line) => line.startsWith(`| \`${name}\``));
  expect(row?.split('|')[2]?.trim()).toBe(typeof value === 'string' ? `\`'${value}'\`` : `\`${String(value)}\``);

  // The docstring is what stands before the option.
  const docstring = textOf(source).split(`readonly ${name}?:`)[0]?.split('/**').at(-1);
  const [, documented = ''] = /@default (\S+)/.exec(docstring ?? '') ?? [];
  expect(documented.replaceAll('_', '').replaceAll("'", '')).toBe(String(value));
});

it.each([
  { page: 'docs/api.md', source: 'src/options.ts', name: 'BackchannelOptions' },
  { page: 'docs/proxy.md', source: 'src/proxy/options.ts', name: 'StatefulProxyOptions' },
])('$page has a row for each of the options in $name, and for no other', ({ page, source, name }) => {
  const [, body = ''] = new RegExp(`interface ${name} \\{\n(.*?)^\\}`, 'ms').exec(textOf(source)) ?? [];
  const options = Array.from(body.matchAll(/^ {2}readonly (\w+)\??:/gm), ([, option]) => option);
  const [, table = ''] = /^\| option .*?\n(.*?)\n\n/ms.exec(textOf(page)) ?? [];
  const rows = Array.from(table.matchAll(/^\| ([^|]*)\|/gm), ([, cell = '']) => cell);
  const named = rows.flatMap((cell) => Array.from(cell.matchAll(/`(\w+)/g), ([, option]) => option));
  expect(options.length).toBeGreaterThan(5);
  expect(named.sort()).toEqual(options.sort());
});

it('a session has the options of the wrapper by default, where the proxy is told none', () => {
  expect(proxy.settings).toMatchObject({ backchannel: {} });
});
