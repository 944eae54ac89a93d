/** Faults to be put into the source, one at a time: each breaks a line of the contract, and must be caught. */
export interface Mutant {
  /** The line of the contract that it breaks. */
  readonly line: string;
  readonly name: string;
  readonly file: string;
  /** Must be found exactly once. */
  readonly search: string;
  readonly replace: string;
}

export function mutant(line: string, name: string, file: string, search: string, replace: string): Mutant {
  return { line, name, file, search, replace };
}
