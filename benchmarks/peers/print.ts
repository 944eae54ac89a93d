import type { Measured } from '../lib/statistics.js';
import { outcomeText } from './outcome-text.js';
import { MODERN_TASKS, type PeersErasResult, type PeersResult, type Questions, type Refusal } from './results.js';
import { titleOf } from './run.js';

export function print({ contestants, direct, behaviour, aims, failures }: PeersResult): void {
  console.table(
    direct.map(({ upstream, p50Us, p99Us, callsPerSecond16 }) => ({
      direct: upstream,
      'p50 µs': spread(p50Us),
      'p99 µs': spread(p99Us),
      'calls/s, 16 at once': spread(callsPerSecond16),
    })),
  );
  console.table(
    contestants.map((cost) => ({
      proxy: titleOf(cost) + { 'streamable-http': '', sse: ' SSE', stdio: ' over stdio' }[cost.wire],
      SDK: cost.sdk,
      stateful: cost.stateful,
      'added p50 µs': spread(cost.addedP50Us),
      'added p99 µs': spread(cost.addedP99Us),
      'calls/s, 16 at once': spread(cost.callsPerSecond16),
      'CPU µs/call': spread(cost.cpuPerCallUs),
      'first answer ms': spread(cost.firstAnswerMs),
      'RSS of one, MiB': (cost.rssOneSessionKiB.median / 1024).toFixed(1),
      'RSS KiB/session': spread(cost.rssPerSessionKiB),
      'heap KiB/session': spread(cost.heapPerSessionKiB),
    })),
  );
  console.table(
    behaviour.map((seen) => ({
      proxy: titleOf(seen),
      stateful: seen.stateful,
      'own backend': seen.backendPerSession,
      'own answers': seen.answersIsolated,
      'GET never opened': questions(seen.standaloneNeverOpened),
      'GET open': questions(seen.standaloneOpen),
      'foreign Host': refusal(seen.foreignHost),
      'foreign Origin': refusal(seen.foreignOrigin),
      credential: seen.needsCredential,
      address: seen.defaultAddress ?? 'every',
    })),
  );
  console.table(
    aims.map(({ ours, bestPeer, ratio, ...rest }) => ({
      ...rest,
      ours: ours.median,
      bestPeer: bestPeer.median,
      ratio: spread(ratio),
    })),
  );
  if (failures.length > 0) console.table(failures);
}

function spread({ median, min, max }: Measured): string {
  return `${median} (${min}–${max})`;
}

function refusal(seen: Refusal | null): string {
  if (seen === null) return '–';
  return seen.refused ? 'refused' : 'served';
}

function questions(asked: Questions | null): string {
  if (asked === null) return '–';
  const { first, second, twentieth, stream, eightAtOnce } = asked;
  const all = new Set([first, second, twentieth]).size === 1 ? first : [first, second, twentieth].join('/');
  return `${all} on ${stream ?? 'none'}; of 8: ${eightAtOnce.answered}, own ${eightAtOnce.onOwnStream}`;
}

export function printEras({ behaviour, failures }: Omit<PeersErasResult, 'environment'>): void {
  console.table(
    behaviour.map(({ outcomes, ...seen }) => ({
      name: titleOf(seen),
      wire: seen.wire,
      ...Object.fromEntries(MODERN_TASKS.map((task) => [task, outcomeText(outcomes[task])])),
    })),
  );
  for (const { name, reason } of failures) console.log(`${name}: ${reason}`);
}
