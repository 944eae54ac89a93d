import type { Behaviour, Outcome, PeersResult, Questions } from '../peers/results.js';
import { markdownTable } from './markdown.js';

/** What each proxy does with questions of the backend, as it was seen. */
export function behaviourTable({ behaviour }: PeersResult): string {
  const head = [
    'proxy',
    'backend',
    'asks, GET never opened',
    'eight at once, on their own stream',
    'asks, GET open',
    'eight at once, on their own stream',
    'backend for each session',
    'foreign Host / Origin',
    'listens on',
  ];
  const rows = behaviour
    .filter(({ isPeer, isOurs }) => isPeer || isOurs)
    .map((seen) => [
      `${seen.name} ${seen.version}`,
      seen.upstream,
      ...questions(seen.standaloneNeverOpened),
      ...questions(seen.standaloneOpen),
      seen.backendPerSession ? 'yes' : 'one for all',
      `${refused(seen.foreignHost)} / ${refused(seen.foreignOrigin)}`,
      seen.defaultAddress ?? 'every address',
    ]);
  return markdownTable(head, rows);
}

function questions(seen: Questions | null): [string, string] {
  if (seen === null) return ['no such stream', ''];
  const { first, second, twentieth, eightAtOnce } = seen;
  const all = new Set<Outcome>([first, second, twentieth].filter((outcome) => outcome !== 'not tried'));
  const outcome = all.size === 1 ? told(first) : `${told(first)}, then ${told(second)}`;
  return [outcome, `${eightAtOnce.answered} answered, ${eightAtOnce.onOwnStream} on their own`];
}

function told(outcome: Outcome): string {
  return { answered: 'answered', failed: '**the call fails**', hang: '**hangs**', 'not tried': 'not tried' }[outcome];
}

function refused({ refused: isRefused }: Behaviour['foreignHost']): string {
  return isRefused ? 'refused' : 'served';
}
