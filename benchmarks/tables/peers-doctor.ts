/** What the doctor says of other proxies, where the table of their behaviour does not say it. */
import type { SituationId, Verdict } from '../../src/doctor/findings.js';
import { HANG_MS, type PeersDoctorResult } from '../peers/results.js';
import { markdownTable } from './markdown.js';
import { SPOKEN, WIRES } from './peers.js';

const CAPTION = [
  'Sampling, roots, progress and logs are those of a call whose client holds no GET stream.',
  '"dropped POST": the client leaves a call that then asks, and holds the GET stream.',
  '"GET opened late": the backend asks with no call in flight, before the client opens GET.',
  '"two sessions" ask, log and report at once.',
  `[What the words mean](doctor.md#what-it-says). "hangs" means that no answer came in ${String(HANG_MS / 1_000)} s.`,
].join(' ');

const COLUMNS = {
  sampling: 'sampling',
  roots: 'roots',
  progress: 'progress',
  logs: 'logs',
  'dropped-post': 'dropped POST',
  'late-get': 'GET opened late',
  'list-changed': 'list_changed',
  cancel: 'cancelled call',
  'two-sessions': 'two sessions',
} as const satisfies Partial<Record<SituationId, string>>;

export function peersDoctorTable({ examined }: PeersDoctorResult): string {
  const rows = examined.map(({ name, version, upstream, wire, situations }) => {
    const verdicts = new Map(situations.map(({ id, verdict }) => [id as string, verdict]));
    const told = Object.keys(COLUMNS).map((id) => tell(verdicts.get(id)));
    return [`${name} ${version}`, upstream, WIRES[wire], ...told];
  });
  return `${CAPTION}\n\n${markdownTable(['proxy', 'backend', SPOKEN, ...Object.values(COLUMNS)], rows)}`;
}

function tell(verdict: Verdict | undefined): string {
  if (verdict === undefined) return 'not tried';
  return verdict === 'works' || verdict === 'unsupported' ? verdict : `**${verdict}**`;
}
