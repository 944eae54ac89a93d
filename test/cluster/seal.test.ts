import { expect, it } from 'vitest';
import { Seal } from '../../src/cluster/seal.js';

const seal = new Seal('a secret of all the nodes');
const foreign = new Seal('a secret of some others');

it('knows its own code, and no other', () => {
  const mac = seal.mac('lease', 'one', 'two');
  expect(seal.isMac(mac, 'lease', 'one', 'two')).toBe(true);
  expect(new Seal('a secret of all the nodes').isMac(mac, 'lease', 'one', 'two')).toBe(true);
  expect(foreign.isMac(mac, 'lease', 'one', 'two')).toBe(false);
  expect(seal.isMac(mac, 'request', 'one', 'two')).toBe(false);
  expect(seal.isMac(mac, 'lease', 'onet', 'wo')).toBe(false);
  expect(seal.isMac(mac, 'lease', 'one')).toBe(false);
  expect(seal.isMac('', 'lease', 'one', 'two')).toBe(false);
  expect(seal.isMac(`${mac.slice(0, -2)}AA`, 'lease', 'one', 'two')).toBe(false);
});

it('takes texts and bytes alike', () => {
  expect(seal.mac('request', 'äöü')).toBe(seal.mac('request', Buffer.from('äöü')));
});

it('reads a record under its own name only, and not if it was altered', () => {
  const sealed = seal.encrypt('session one', 'täxt');
  expect(sealed).not.toContain('xt');
  expect(seal.decrypt('session one', sealed)).toBe('täxt');
  expect(seal.decrypt('session two', sealed)).toBeUndefined();
  expect(foreign.decrypt('session one', sealed)).toBeUndefined();
  const bytes = Buffer.from(sealed, 'base64url');
  for (let at = 0; at < bytes.length; at++) {
    const altered = Buffer.from(bytes);
    altered[at] = (altered[at] ?? 0) ^ 1;
    expect(seal.decrypt('session one', altered.toString('base64url')), `byte ${at}`).toBeUndefined();
  }
});

it.each(['', 'A', 'A'.repeat(40), 'A'.repeat(80)])('reads nothing in what was never sealed (%j)', (text) => {
  expect(seal.decrypt('name', text)).toBeUndefined();
});

it('encrypts the same text differently each time', () => {
  expect(seal.encrypt('name', 'text')).not.toBe(seal.encrypt('name', 'text'));
  expect(seal.decrypt('name', seal.encrypt('name', ''))).toBe('');
});
