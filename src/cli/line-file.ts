/** What those that write a file of lines agree on: while the process runs, and when it ends. */

/** Others must not read it: it names tools, users' clients and errors, and may hold messages. */
export const MODE = 0o600;

export const NEWLINE = 0x0a;

export const NO_FILE = 'it is not a file';

export interface RotatedFileOptions {
  readonly path: string;
  /** A file is not longer than this, unless it holds a single line. */
  readonly maxBytes: number;
  /** How many older files are kept: `path.1` is the youngest of them. */
  readonly keep: number;
}

/** Lines that are being appended, and how far that has come. Another thread may be at work on the last step. */
export interface Appending {
  readonly lines: Uint8Array;
  /** They are being written, at the end of a file that was so long. */
  writing?: { readonly fd: number; readonly from: number } | undefined;
  /** This file is being renamed or removed. */
  moving?: string | undefined;
}
