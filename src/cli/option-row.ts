import type { GROUPS } from './help-text.js';
import type * as readers from './values.js';

/** The function in `values.ts` that reads the value of an option. */
export type Reader = keyof typeof readers;

/** An option of the command. Without `value` and `choices`, it is a switch: off by default, or with `--no-`, on. */
export interface Row {
  readonly flags: string;
  readonly group: keyof typeof GROUPS;
  readonly help: string;
  readonly value?: Reader;
  /** The only valid values. */
  readonly choices?: readonly string[];
  readonly repeatable?: true;
  /** As users type it, and as help shows it. */
  readonly default?: string;
  /** The environment variable that sets the option if the command line does not. */
  readonly env?: string;
  /**
   * The option is refused without this: a command to run, a URL, clients over HTTP, `--cluster` (and HTTP), or
   * `--trace-file`.
   */
  readonly needs?: 'command' | 'url' | 'http' | 'cluster' | 'trace-file';
}
