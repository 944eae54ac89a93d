import fc from 'fast-check';
import { expect, it } from 'vitest';
import { elementsOf, memberAt, withoutMemberAt } from '../src/json-text.js';

const spaced = fc.tuple(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(undefined, 1, '\t')).map(([value, indent]) => {
  return { value: JSON.parse(JSON.stringify(value)) as unknown, text: JSON.stringify(value, undefined, indent) };
});

it('finds the elements of any list', () => {
  fc.assert(
    fc.property(fc.array(spaced), fc.constantFrom('', ' ', '\r\n\t'), (all, gap) => {
      const list = `${gap}[${gap}${all.map(({ text }) => text).join(`${gap},${gap}`)}${gap}]${gap}`;
      expect(elementsOf(list)).toEqual(all.map(({ text }) => text));
    }),
  );
});

it('finds the members of any object, of which the last counts', () => {
  const name = fc.constantFrom('a', 'b', '"', '\\', '\u0000', '__proto__', '}');
  fc.assert(
    fc.property(fc.array(fc.tuple(name, spaced)), name, (members, wanted) => {
      const object = `{ ${members.map(([key, { text }]) => `${JSON.stringify(key)} : ${text}`).join(' ,\n')} }`;
      const last = members.findLast(([key]) => key === wanted);
      expect(memberAt(object, [wanted])).toBe(last?.[1].text);
      expect(memberAt(`{"x":{"y":${object}}}`, ['x', 'y', wanted])).toBe(last?.[1].text);
    }),
  );
});

it('finds a name that is written with escapes', () => {
  expect(memberAt(String.raw`{"id":1,"\u0069\u0064":2}`, ['id'])).toBe('2');
});

it('leaves out a member, and what then holds nothing; the others stay as they are written', () => {
  const name = fc.constantFrom('a', 'b', '"', '__proto__', '}');
  fc.assert(
    fc.property(fc.array(fc.tuple(name, spaced)), name, (members, unwanted) => {
      const written = members.map(([key, { text }]) => [key, `${JSON.stringify(key)}:${text}`] as const);
      const others = written.filter(([key]) => key !== unwanted).map(([, member]) => member);
      const left = others.length === 0 ? undefined : `{${others.join(',')}}`;
      const object = `{ ${written.map(([, member]) => member).join(' ,\n')} }`;
      expect(withoutMemberAt(object, [unwanted])).toBe(left);
      expect(withoutMemberAt(`{"x":1.0,"y": ${object}}`, ['y', unwanted])).toBe(
        left === undefined ? '{"x":1.0}' : `{"x":1.0,"y":${left}}`,
      );
    }),
  );
});
