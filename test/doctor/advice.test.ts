import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { adviceFor, ALL_ADVICE } from '../../src/doctor/advice.js';
import { isFault, type SituationFinding, type Verdict } from '../../src/doctor/findings.js';
import { footOf, lineOf, reportOf } from '../../src/doctor/report.js';
import { ALL } from '../../src/doctor/situations.js';

const VERDICTS: readonly Verdict[] = ['works', 'hangs', 'lost', 'crosses', 'refused', 'unsupported'];
const headingsIn = (page: string): string[] =>
  Array.from(
    readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8').matchAll(/^#+ (.*)$/gm),
    ([, text = '']) => text,
  );

it.each(ALL_ADVICE.map(({ text, read }) => [text, read] as const))('names headings that exist: %s', (_text, read) => {
  expect(read.length).toBeGreaterThan(0);
  for (const { page, heading } of read) expect(headingsIn(page)).toContain(heading);
});

const FINDINGS = ALL.flatMap(({ id, title }) =>
  VERDICTS.map((verdict): SituationFinding => ({ id, title, verdict, detail: 'it did', ms: 1 })),
);

// Only calls, and two sessions, can cross.
const CANNOT_CROSS = new Set(['dropped-post', 'late-get', 'list-changed', 'cancel']);

it.each(FINDINGS.map((finding) => [finding.id, finding.verdict, finding] as const))(
  'has advice for %s that %s, if that is a fault',
  (id, verdict, finding) => {
    if (CANNOT_CROSS.has(id) && verdict === 'crosses') return;
    expect(adviceFor([finding])).toHaveLength(isFault(finding) ? 1 : 0);
  },
);

it('gives each advice once', () => {
  expect(adviceFor(FINDINGS).length).toBeLessThanOrEqual(ALL_ADVICE.length);
});

it('fits one screen of 100 columns, whatever is found', () => {
  const worst = ALL.map(({ id, title }): SituationFinding => ({
    id,
    title,
    verdict: 'lost',
    detail: 'x'.repeat(99),
    ms: 1,
  }));
  const report = reportOf({ url: 'http://127.0.0.1:1/mcp', wire: 'streamable-http', timeoutMs: 5_000 }, worst);
  const lines = [...worst.map(lineOf), footOf({ ...report, advice: ALL_ADVICE })].join('').split('\n');
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
  for (const { text, read } of ALL_ADVICE) {
    expect(footOf({ ...report, advice: [{ text, read }] }), 'nothing of it is cut off').not.toContain('…');
  }
  // Three lines come before, and no proxy earns all advice at once.
  expect(3 + lines.length - 1 - 2 * 3).toBeLessThanOrEqual(40);
});

it('shows escape sequences that a proxy sends, and does not act on them', () => {
  expect(lineOf({ id: 'first', title: 'first', verdict: 'refused', detail: '\u001b[2J', ms: 1 })).toContain('\\x1b[2J');
});

it('blames the lack of sessions for all that a stateless proxy does', () => {
  const about = { url: 'http://127.0.0.1:1/mcp', wire: 'streamable-http', timeoutMs: 5_000 } as const;
  const { advice } = reportOf(about, FINDINGS, { hasSessions: false });
  expect(advice.map(({ text }) => text)).toEqual([expect.stringMatching(/no sessions.*Use sessions\.$/)]);
});
