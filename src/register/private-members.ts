import { Script } from 'node:vm';

/** What compilers call on private members, where they write them for older runtimes. */
const COMPILED = /\b__classPrivate(?:Field|Method)|\b__private(?:Add|Get|Set|Method|In)\b|\b_class_?private/i;

/** A private name, or a word that reads like one. */
const PRIVATE_NAME = /#[\p{ID_Start}_$][\p{ID_Continue}$]*/gu;

const known = new WeakMap<object, boolean>();

/**
 * Whether a subclass, or a class between it and `base`, uses private members. An object cannot be asked for
 * them, so their source is: private names are told from words in texts, comments and patterns by the compiler.
 */
export function usesPrivateMembers(subclass: object, base: object): boolean {
  let current: object | null = subclass;
  while (current !== null && current !== base) {
    let isUsed = known.get(current);
    if (isUsed === undefined) known.set(current, (isUsed = isUsedIn(Function.prototype.toString.call(current))));
    if (isUsed) return true;
    current = Object.getPrototypeOf(current) as object | null;
  }
  return false;
}

function isUsedIn(source: string): boolean {
  if (COMPILED.test(source)) return true;
  let count = 0;
  // With another name at each place, whatever uses a private member uses one that is not declared, which is
  // an error of syntax. Where the source cannot stand alone, that is one too: then it counts as used.
  const renamed = source.replace(PRIVATE_NAME, (name) => `${name}_${++count}`);
  return count > 0 && !isCompilable(renamed);
}

/** Nothing of it is run. */
function isCompilable(source: string): boolean {
  try {
    new Script(`(${source})`);
    return true;
  } catch {
    return false;
  }
}
