/** A proxy that ends while it is tried: the doctor says so, and blames nothing else on it. */
import { describe, expect, it } from 'vitest';
import type { Report } from '../../src/doctor/report.js';
import { relay } from './relay.js';
import { doctor, verdictsIn } from './support.js';
import { programArgs } from '../support/built-programs.js';

const DYING = programArgs(new URL('dying-proxy.ts', import.meta.url)).join(' ');
const MS = 60_000;

describe.concurrent('the doctor', () => {
  it(
    'stops when a proxy that it has not started is gone, and keeps what it has found',
    async ({ onTestFinished }) => {
      const proxy = await relay(({ tool, pass, die }) => {
        if (tool === 'doctor_sample') die();
        else pass();
      });
      onTestFinished(async () => proxy.close());
      const ended = await doctor('--json', '--url', proxy.url);
      expect(ended.code).toBe(2);
      expect(ended.stderr).toMatch(/the proxy is gone: nobody listens/);
      const { situations, stopped, ok, advice } = JSON.parse(ended.stdout) as Report;
      expect(situations.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual([
        'first works',
        'second works',
        'twentieth works',
        'eight works',
        'with-get works',
        'eight-with-get works',
        'sampling lost',
      ]);
      expect(verdictsIn(ended)['sampling']).toEqual(['lost', 'the proxy ended']);
      expect({ ok, stopped }).toEqual({ ok: false, stopped: expect.stringMatching(/^the proxy is gone/) as unknown });
      expect(advice.map(({ text }) => text)).toEqual([expect.stringMatching(/^The proxy does not survive this/)]);
    },
    MS,
  );

  it.each([
    ['a shell that outlives it', '--at doctor_log; sleep 100'],
    ['a port that closes before it ends', '--at doctor_log --linger 300'],
  ])(
    'starts a proxy again that ends, with %s',
    async (_name, rest) => {
      const ended = await doctor('--json', '--proxy', `node ${DYING} {port} {backend-url} ${rest}`);
      const { logs, sampling, cancel, ...others } = verdictsIn(ended);
      expect(logs).toEqual(['lost', 'the proxy ended: Error: it died']);
      expect([sampling?.[0], cancel?.[0]]).toEqual(['works', 'works']);
      expect(Object.values(others).filter(([, detail]) => /ECONN|hang up/.test(detail))).toEqual([]);
      expect(ended.code).toBe(1);
    },
    MS,
  );

  it.each([
    ['the first question', '"question 1"', ['lost', 'untried because of the first', 'untried because of the first']],
    ['the fifth', '"question 5"', ['works', 'works', 'lost']],
  ])(
    'names the situation in which a proxy ends: %s',
    async (_name, at, expected) => {
      const proxy = `node ${DYING} {port} {backend-url} --at '${at}'`;
      const ended = await doctor('--json', '--timeout', '3s', '--proxy', proxy);
      const { first, second, twentieth, eight } = verdictsIn(ended);
      const told = [first, second, twentieth].map(([verdict = '', detail = ''] = ['', '']) =>
        verdict === 'untried' ? `${verdict} ${detail}` : verdict,
      );
      expect(told).toEqual(expected);
      expect(eight).toEqual(['works', '8 answered, 8 on their own streams']);
      const { advice } = JSON.parse(ended.stdout) as Report;
      expect(advice.map(({ text }) => text)).toEqual([expect.stringMatching(/^The proxy does not survive this/)]);
    },
    MS,
  );
});
