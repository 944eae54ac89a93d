import { expect, it, onTestFinished } from 'vitest';
import { MemoryStore } from '../../src/cluster/memory-engine.js';
import { node, sessionOf } from './rig.js';

it('finds a node that joined since the last beat, by one look at the engine', async () => {
  const store = new MemoryStore();
  const [one, other] = [node(store), node(store)];
  onTestFinished(() => one.members.leave());
  onTestFinished(() => other.members.leave());
  await one.members.join('http://one');
  await other.members.join('http://other');
  const { self } = other.members;
  await expect(one.members.whereIs(sessionOf(self))).resolves.toEqual({
    at: 'node',
    node: { id: self, address: 'http://other', isDraining: false },
  });
});
