import { describe, expect, test } from 'vitest';
import { sessionKey } from '../../src/modern/session-key.js';

const FORMS = { elicitation: { form: {} }, roots: { listChanged: true } };

describe('a session may be shared', () => {
  test.each<[string, object | undefined, object | undefined]>([
    ['by the same capabilities', FORMS, structuredClone(FORMS)],
    ['by the same capabilities in another order', FORMS, { roots: { listChanged: true }, elicitation: { form: {} } }],
    ['by those that declare none', undefined, {}],
  ])('%s', (_, one, other) => {
    expect(sessionKey('ann', one)).toBe(sessionKey('ann', other));
  });
});

describe('a session is not shared', () => {
  test.each<[string, string, object]>([
    ['with another principal', 'ben', FORMS],
    ['with nobody', '', FORMS],
    ['with a capability more', 'ann', { ...FORMS, sampling: {} }],
    ['with a capability less', 'ann', { elicitation: { form: {} } }],
    ['with another part of a capability', 'ann', { ...FORMS, elicitation: { form: {}, url: {} } }],
    ['with a capability whose meaning is the same', 'ann', { ...FORMS, elicitation: {} }],
  ])('%s', (_, principal, capabilities) => {
    expect(sessionKey(principal, capabilities)).not.toBe(sessionKey('ann', FORMS));
  });

  test('with a principal whose name has the text of capabilities', () => {
    expect(sessionKey('ann","{}', {})).not.toBe(sessionKey('ann', {}));
    expect(sessionKey('{}', {})).not.toBe(sessionKey('', {}));
  });
});

test('the key tells neither, and is short', () => {
  expect(sessionKey('ann', { experimental: { x: 'x'.repeat(10_000) } })).toMatch(/^[\w-]{43}$/);
});
