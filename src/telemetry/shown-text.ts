import { shortened } from '../shortened.js';

/** Hides secrets in a text. */
export type Redact = (text: string) => string;

/** Makes a text that somebody else chose fit to be exported. */
export type Show = (text: string) => string;

/** The other side chooses methods, names, ids and errors. No more of one is kept than this. */
const MAX_LENGTH = 200;

/** Hides secrets before it cuts: the beginning of a secret would not be found. */
export function showing(redact: Redact = (text) => text): Show {
  return (text) => shortened(redact(text), MAX_LENGTH);
}
