import { Script } from 'node:vm';

/** Helper functions that compilers emit for private members when they target older runtimes. */
const COMPILED = /\b__classPrivate(?:Field|Method)|\b__private(?:Add|Get|Set|Method|In)\b|\b_class_?private/i;

/** A private name, or a word that looks like one. */
const PRIVATE_NAME = /#[\p{ID_Start}_$][\p{ID_Continue}$]*/gu;

const known = new WeakMap<object, boolean>();

/**
 * Whether a subclass, or a class between it and `base`, uses private members. Reflection cannot find them, so this
 * reads the source. The compiler tells private names from words in strings, comments and patterns.
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
  // Each occurrence gets a different name. A use of a private member then names an undeclared one, which is a syntax
  // error. Source that does not compile on its own fails in the same way, and counts as using private members.
  const renamed = source.replace(PRIVATE_NAME, (name) => `${name}_${++count}`);
  return count > 0 && !isCompilable(renamed);
}

/** Compiles the source without running it. */
function isCompilable(source: string): boolean {
  try {
    new Script(`(${source})`);
    return true;
  } catch {
    return false;
  }
}
