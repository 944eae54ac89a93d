/** What the doctor prints: one screen, or JSON. */
import { visible } from '../visible.js';
import type { Statement } from './alone.js';
import { adviceFor, type Advice, type Reading } from './advice.js';
import { isFault, type SituationFinding, type Verdict } from './findings.js';
import type { WireKind } from './wire.js';

const COLUMNS = 100;

/** The URL without what may be a credential in it. */
export function shownUrl(text: string): string {
  const url = new URL(text);
  if (url.username === '' && url.search === '') return text;
  if (url.username !== '') url.username = '***';
  url.password = '';
  for (const name of new Set(url.searchParams.keys())) url.searchParams.set(name, '***');
  return url.href;
}

export interface Report {
  /** Everything works that the proxy offers. */
  readonly ok: boolean;
  readonly url: string;
  readonly wire: WireKind;
  readonly timeoutMs: number;
  readonly situations: readonly SituationFinding[];
  readonly advice: readonly Advice[];
  /** Why the other situations were not tried. */
  readonly stopped?: string;
  /** What was tried in their place, where another server is behind the proxy. */
  readonly alone?: readonly Statement[];
}

export function reportOf(
  about: Pick<Report, 'url' | 'wire' | 'timeoutMs'>,
  situations: readonly SituationFinding[],
  { stopped, hasSessions }: { readonly stopped?: string | undefined; readonly hasSessions?: boolean | undefined } = {},
): Report {
  const ok = stopped === undefined && !situations.some(isFault);
  return {
    ok,
    ...about,
    situations,
    advice: adviceFor(situations, hasSessions),
    ...(stopped !== undefined && { stopped }),
  };
}

export function headOf(url: string, wire: WireKind, timeoutMs: number): string {
  const spoken = { 'streamable-http': 'Streamable HTTP', sse: 'HTTP+SSE', stdio: 'stdio' }[wire];
  const stream = wire === 'streamable-http' ? ' The client holds no GET stream, unless a line says so.' : '';
  return `${cut(`${visible(url)}, ${spoken}`)}\n"hangs": no answer in ${String(timeoutMs / 1_000)} s.${stream}\n\n`;
}

export function aloneOf(url: string, statements: readonly Statement[]): string {
  const lines = statements.map(
    ({ ok, title, detail }) => `  ${(ok ? 'ok' : 'wrong').padEnd(12)} ${title.padEnd(24)} ${detail}`,
  );
  const head = `${visible(url)}, Streamable HTTP\nAnother server is behind the proxy. What the proxy answers by itself:\n\n`;
  return `${head}${lines.map(cut).join('\n')}\n`;
}

export function lineOf({ verdict, title, detail }: SituationFinding): string {
  return `${cut(`  ${verdict.padEnd(12)} ${title.padEnd(24)} ${visible(detail)}`)}\n`;
}

export function footOf({ ok, situations, advice }: Report): string {
  const counts = new Map<Verdict, number>();
  for (const { verdict } of situations) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  const summary = [...counts].map(([verdict, count]) => `${String(count)} ${verdict}`).join(', ');
  if (ok) return `\n${summary}. Nothing to do.\n`;
  const items = advice.flatMap(({ text, read }) => [`- ${text}`, `  Read ${placesOf(read)}.`]);
  return `\n${summary}.\n\nWhat to do\n${items.map(cut).join('\n')}\n`;
}

/** By page: `README "…" and "…"; docs/routing.md "…"`. */
function placesOf(read: readonly Reading[]): string {
  const pages = [...new Set(read.map(({ page }) => page))];
  return pages
    .map((page) => {
      const headings = read.filter((reading) => reading.page === page).map(({ heading }) => `"${heading}"`);
      return `${page === 'README.md' ? 'README' : page} ${headings.join(', ')}`;
    })
    .join('; ');
}

function cut(line: string): string {
  return line.length <= COLUMNS ? line : `${line.slice(0, COLUMNS - 1)}…`;
}
