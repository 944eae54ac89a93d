import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { writeLast } from './last-lines.js';
import { MODE, NEWLINE, NO_FILE, type Appending, type RotatedFileOptions } from './line-file.js';

interface OpenFile {
  readonly handle: FileHandle;
  readonly dev: number;
  readonly ino: number;
  size: number;
}

/** A file of lines that is set aside when it is full. Not for concurrent calls. */
export class RotatedFile {
  #file: OpenFile | undefined;
  #appending: Appending | undefined;

  /** @param onGone called when somebody has removed, renamed or replaced the file, and a new one is open */
  constructor(
    private readonly options: RotatedFileOptions,
    private readonly onGone: () => void,
  ) {}

  /** Creates the file, or opens one that exists to append to it. @throws if `path` is something else, or not writable */
  async open(): Promise<void> {
    await this.#opened();
  }

  /** All of the lines, or none. @throws if it cannot be written; the next call tries again */
  async append(lines: Uint8Array): Promise<void> {
    const appending: Appending = { lines };
    this.#appending = appending;
    try {
      let file = await this.#opened();
      if (file.size > 0 && file.size + lines.length > this.options.maxBytes) {
        await this.#rotate(appending);
        file = await this.#opened();
      }
      await write(file, appending);
    } catch (error) {
      await this.close().catch(() => undefined);
      throw error;
    } finally {
      this.#appending = undefined;
    }
  }

  /**
   * Appends what {@link append} has not, and then more, for a process that ends: nothing that is awaited comes back.
   *
   * @param batches taken one by one, until it takes too long
   * @throws if it cannot be written
   */
  appendNow(batches: Iterable<Uint8Array>): void {
    writeLast(this.options, this.#appending, batches);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.close();
  }

  async #opened(): Promise<OpenFile> {
    const { path } = this.options;
    const found = await stat(path).catch(() => undefined);
    const known = this.#file;
    if (known !== undefined) {
      if (found?.ino === known.ino && found.dev === known.dev) {
        // Somebody may have cut it.
        known.size = found.size;
        return known;
      }
      await this.close();
    }
    // To open a pipe waits for its reader, and a device must not be renamed.
    if (found !== undefined && !found.isFile()) throw new Error(NO_FILE);
    const handle = await open(path, 'a+', MODE);
    try {
      const { dev, ino, size } = await handle.stat();
      this.#file = { handle, dev, ino, size: size + (await endLine(handle, size)) };
    } catch (error) {
      await handle.close();
      throw error;
    }
    if (known !== undefined) this.onGone();
    return this.#file;
  }

  async #rotate(appending: Appending): Promise<void> {
    const { path, keep } = this.options;
    // Windows does not rename open files.
    await this.close();
    const moved = async (from: string, done: Promise<void>): Promise<void> => {
      appending.moving = from;
      await done;
      appending.moving = undefined;
    };
    if (keep === 0) return moved(path, rm(path));
    for (let at = keep - 1; at > 0; at--)
      await moved(`${path}.${at}`, renameIfThere(`${path}.${at}`, `${path}.${at + 1}`));
    return moved(path, rename(path, `${path}.1`));
  }
}

async function write(file: OpenFile, appending: Appending): Promise<void> {
  const { handle, size: from } = file;
  const { lines } = appending;
  appending.writing = { fd: handle.fd, from };
  let done = 0;
  try {
    while (done < lines.length) done += (await handle.write(lines, done)).bytesWritten;
  } catch (error) {
    // A disk that has become full took a part. Half a line is no JSON, and its whole batch counts as lost.
    if (done > 0 && (await handle.stat()).size === from + done) await handle.truncate(from).catch(() => undefined);
    appending.writing = undefined;
    throw error;
  }
  file.size += lines.length;
}

/** Ends a line that was cut off, by a full disk or a crash. @returns how many bytes that took */
async function endLine(handle: FileHandle, size: number): Promise<number> {
  if (size === 0) return 0;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer[0] === NEWLINE) return 0;
  await handle.appendFile('\n');
  return 1;
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
