import {
  HANG_MS,
  type Behaviour,
  type Outcome,
  type PeersResult,
  type Questions,
  type Refusal,
  type Wire,
} from '../peers/results.js';
import { markdownTable } from './markdown.js';
import { SPOKEN, SPOKEN_CAPTION, WIRES } from './peers.js';

const CAPTION = [
  'Each proxy stands in front of the same backend, whose tools ask the user.',
  SPOKEN_CAPTION,
  '"asks" covers the first, the second and the twentieth question in one session.',
  `"hangs" means that no answer came in ${String(HANG_MS / 1_000)} s.`,
].join(' ');

/** What each proxy does with questions of the backend, as it was seen. */
export function behaviourTable({ behaviour }: PeersResult): string {
  const head = [
    'proxy',
    'backend',
    SPOKEN,
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
      WIRES[seen.wire],
      ...questions(seen.standaloneNeverOpened, seen.wire),
      ...questions(seen.standaloneOpen, seen.wire),
      seen.backendPerSession ? 'yes' : 'one for all',
      refusals(seen),
      seen.defaultAddress ?? 'every address',
    ]);
  return `${CAPTION}\n\n${markdownTable(head, rows)}`;
}

/** On a pipe there is one stream, and no call has one of its own. */
function questions(seen: Questions | null, wire: Wire): [string, string] {
  if (seen === null) return ['no such stream', ''];
  const { first, second, twentieth, eightAtOnce } = seen;
  const all = new Set<Outcome>([first, second, twentieth].filter((outcome) => outcome !== 'not tried'));
  const outcome = all.size === 1 ? told(first) : `${told(first)}, then ${told(second)}`;
  const streams = wire === 'stdio' ? '' : `, ${eightAtOnce.onOwnStream} on their own`;
  return [outcome, `${eightAtOnce.answered} answered${streams}`];
}

function told(outcome: Outcome): string {
  return { answered: 'answered', failed: '**the call fails**', hang: '**hangs**', 'not tried': 'not tried' }[outcome];
}

function refusals({ foreignHost, foreignOrigin }: Behaviour): string {
  if (foreignHost === null || foreignOrigin === null) return 'no HTTP';
  return `${refused(foreignHost)} / ${refused(foreignOrigin)}`;
}

function refused({ refused: isRefused }: Refusal): string {
  return isRefused ? 'refused' : 'served';
}
