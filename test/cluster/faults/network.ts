/** Nodes in network namespaces of their own, on one bridge, whose packets can be lost on the way. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { HAS_REDIS } from '../redis.js';
import { openStage, type FaultStage, type NodeOptions } from './stage.js';

export const HAS_NETWORKS: boolean = HAS_REDIS && canMakeNetworks();

/** To stand at the end of a name of tests that need them. */
export const networksNote = HAS_NETWORKS
  ? ''
  : ' (not run: redis-server is not installed, or network namespaces cannot be made: that takes Linux and root)';

/** A place in the network: a node by its number, or the engine. */
export type Place = 0 | 1 | 2 | 'engine';

export interface NetworkStage extends FaultStage {
  /** From now on no packet gets from one to the other. Nobody is told: they are lost. */
  readonly lose: (from: Place, to: Place) => void;
  /** Takes the cable out. */
  readonly unplug: (node: 0 | 1 | 2) => void;
  /** Ends all of that. */
  readonly heal: () => void;
}

const NODES = [0, 1, 2] as const;
/** Nobody has it. */
const NOBODYS_MAC = '02:00:00:00:00:fe';

/** The test is the client, at the first address. The engine has the last one. */
export async function openNetwork(): Promise<NetworkStage> {
  const net = `10.${randomInt(64, 250)}.${randomInt(250)}`;
  const tag = randomInt(16 ** 5).toString(16);
  const bridge = `mb${tag}`;
  const namespaceOf = (node: number): string => `mcpb-${tag}-${node}`;
  const cableOf = (node: number): string => `mv${tag}${node}`;
  const addressOf = (place: Place): string => `${net}.${place === 'engine' ? 254 : place + 2}`;
  onTestFinished(() => {
    for (const node of NODES) {
      // Packets that are still to be sent can hold a namespace, and its cable, for minutes.
      spawnSync('ip', ['link', 'del', cableOf(node)]);
      spawnSync('ip', ['netns', 'del', namespaceOf(node)]);
    }
    spawnSync('ip', ['link', 'del', bridge]);
  });
  ip('link', 'add', bridge, 'type', 'bridge');
  ip('addr', 'add', `${net}.1/24`, 'dev', bridge);
  ip('addr', 'add', `${addressOf('engine')}/24`, 'dev', bridge);
  ip('link', 'set', bridge, 'up');
  for (const node of NODES) {
    ip('netns', 'add', namespaceOf(node));
    ip('link', 'add', cableOf(node), 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespaceOf(node));
    ip('link', 'set', cableOf(node), 'master', bridge, 'up');
    ip('-n', namespaceOf(node), 'addr', 'add', `${addressOf(node)}/24`, 'dev', 'eth0');
    ip('-n', namespaceOf(node), 'link', 'set', 'eth0', 'up');
    ip('-n', namespaceOf(node), 'link', 'set', 'lo', 'up');
  }
  const options = NODES.map((node): NodeOptions => {
    const host = addressOf(node);
    return { namespace: namespaceOf(node), hosts: { outer: host, inner: host }, redisHost: addressOf('engine') };
  });
  const stage = await openStage(options, ['--bind', addressOf('engine'), '--protected-mode', 'no']);

  /** What heals each cut. */
  const cuts: (() => void)[] = [];
  /** Packets go to a card that nobody has. */
  function lose(from: Place, to: Place): void {
    const neighbour = [addressOf(to), 'dev', from === 'engine' ? bridge : 'eth0'];
    const where = from === 'engine' ? [] : ['-n', namespaceOf(from)];
    ip(...where, 'neigh', 'replace', ...neighbour, 'lladdr', NOBODYS_MAC, 'nud', 'permanent');
    cuts.push(() => {
      ip(...where, 'neigh', 'del', ...neighbour);
    });
  }
  function unplug(node: 0 | 1 | 2): void {
    ip('link', 'set', cableOf(node), 'down');
    cuts.push(() => {
      ip('link', 'set', cableOf(node), 'up');
    });
  }
  function heal(): void {
    for (const undo of cuts.splice(0)) undo();
  }
  return { ...stage, lose, unplug, heal };
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function canMakeNetworks(): boolean {
  const name = `mcpb-${process.pid}`;
  const works = (...args: readonly string[]): boolean => spawnSync('ip', args).status === 0;
  return (
    works('netns', 'add', name) &&
    works('-n', name, 'link', 'add', 'mcpb', 'type', 'bridge') &&
    works('-n', name, 'link', 'add', 'mcpb0', 'type', 'veth', 'peer', 'name', 'mcpb1') &&
    works('netns', 'del', name)
  );
}
