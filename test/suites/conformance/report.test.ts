import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { needless } from '../../../suites/conformance/lib/unattainable.js';
import { formatted, lostDirectly, type Results, type ScenarioResult } from '../../../suites/conformance/lib/report.js';

const read = (file: string): string => readFileSync(new URL(`../../../docs/${file}`, import.meta.url), 'utf8');

it('docs/conformance.md is what the results say', async () => {
  expect(await formatted(JSON.parse(read('results/conformance.json')) as Results)).toBe(read('conformance.md'));
});

const result = (scenario: string, verdict: 'pass' | 'warn' | 'fail'): ScenarioResult => ({
  scenario,
  suite: 'active',
  outcomes: { direct: { verdict, checks: { success: 1, warning: 0, failure: 0 }, problems: [] } },
  regressions: {},
  excused: {},
});

it('a scenario that passed directly and does not, or is gone, is missed', () => {
  const before = ['fails now', 'warns now', 'is gone', 'passes'].map((name) => result(name, 'pass'));
  const now = [
    result('fails now', 'fail'),
    result('warns now', 'warn'),
    result('passes', 'pass'),
    result('new', 'fail'),
  ];
  expect(lostDirectly([...before, result('never passed', 'fail')], now)).toEqual(['fails now', 'warns now', 'is gone']);
});

it('every exception is needed', () => {
  const { server, client, modernServer, modernClient } = JSON.parse(read('results/conformance.json')) as Results;
  const all = [...server, ...client, ...modernServer, ...modernClient];
  expect(needless(all)).toEqual([]);
  expect(needless(all.filter(({ scenario }) => scenario !== 'request-metadata'))).toEqual([
    'request-metadata (commandAuto)',
  ]);
});
