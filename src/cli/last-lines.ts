/** Writes the end of a file while the process ends: whatever is awaited does not come back any more. */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { now } from '../clock.js';
import { MODE, NEWLINE, NO_FILE, type Appending, type RotatedFileOptions } from './line-file.js';

/** How long to wait for the thread that is at work on the file. It may be stuck, behind others or in a slow disk. */
const SETTLE_MS = 200;

/** No batch is begun later than this: a process that is to end must end. */
const MAX_MS = 1_000;

/**
 * Appends what has not been appended of `begun`, and then `batches`.
 *
 * @param batches taken one by one, until it takes too long
 * @throws if the file cannot be written
 */
export function writeLast(
  options: RotatedFileOptions,
  begun: Appending | undefined,
  batches: Iterable<Uint8Array>,
): void {
  const until = now() + MAX_MS;
  const isSettled = begun === undefined || settles(begun);
  if (begun !== undefined) append(unwritten(begun, isSettled), options, isSettled);
  for (const lines of batches) {
    append(lines, options, isSettled);
    if (now() > until) return;
  }
}

/** Whether the thread that is at work on the file comes to an end of it. */
function settles({ lines, writing, moving }: Appending): boolean {
  const isDone = (): boolean => {
    if (writing !== undefined) return fstatSync(writing.fd).size >= writing.from + lines.length;
    return moving === undefined || !existsSync(moving);
  };
  const until = now() + SETTLE_MS;
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (!isDone()) {
    if (now() > until) return false;
    Atomics.wait(never, 0, 0, 1);
  }
  return true;
}

function unwritten({ lines, writing }: Appending, isSettled: boolean): Uint8Array {
  if (writing === undefined) return lines;
  const { fd, from } = writing;
  if (isSettled) return new Uint8Array();
  // What it has written of them may end in the middle of a line.
  if (fstatSync(fd).size > from) ftruncateSync(fd, from);
  forbidWriting(fd);
  return lines;
}

/** A thread that comes to write later, when the lines are already written, must fail. */
function forbidWriting(fd: number): void {
  closeSync(fd);
  // The number must not be given to a file that can be written.
  let taken: number;
  do taken = openSync(process.execPath, 'r');
  while (taken !== fd);
}

/** @param mayRotate not while a thread may come to rename the file as well: then, it rather becomes too long */
function append(lines: Uint8Array, { path, maxBytes, keep }: RotatedFileOptions, mayRotate: boolean): void {
  if (lines.length === 0) return;
  const found = sizeOf(path);
  if (mayRotate && found > 0 && found + lines.length > maxBytes) rotate(path, keep);
  const fd = openSync(path, 'a+', MODE);
  const size = endLine(fd);
  try {
    for (let done = 0; done < lines.length;) done += writeSync(fd, lines, done);
  } catch (error) {
    ftruncateSync(fd, size);
    throw error;
  } finally {
    closeSync(fd);
  }
}

function sizeOf(path: string): number {
  if (!existsSync(path)) return 0;
  const found = statSync(path);
  if (!found.isFile()) throw new Error(NO_FILE);
  return found.size;
}

/** @returns how long the file is then */
function endLine(fd: number): number {
  const { size } = fstatSync(fd);
  const last = Buffer.alloc(1);
  if (size === 0 || readSync(fd, last, 0, 1, size - 1) === 0 || last[0] === NEWLINE) return size;
  return size + writeSync(fd, '\n');
}

function rotate(path: string, keep: number): void {
  if (keep === 0) {
    rmSync(path);
    return;
  }
  for (let at = keep - 1; at > 0; at--)
    if (existsSync(`${path}.${at}`)) renameSync(`${path}.${at}`, `${path}.${at + 1}`);
  renameSync(path, `${path}.1`);
}
