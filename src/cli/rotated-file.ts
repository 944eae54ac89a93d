import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';

/** Others must not read it: it names tools, users' clients and errors, and may hold messages. */
const MODE = 0o600;

const NEWLINE = 0x0a;

export interface RotatedFileOptions {
  readonly path: string;
  /** A file is not longer than this, unless it holds a single line. */
  readonly maxBytes: number;
  /** How many older files are kept: `path.1` is the youngest of them. */
  readonly keep: number;
}

/** A file of lines that is set aside when it is full. Not for concurrent calls. */
export class RotatedFile {
  #file: { readonly handle: FileHandle; size: number } | undefined;

  constructor(private readonly options: RotatedFileOptions) {}

  /** Creates the file, or opens one that exists to append to it. @throws if `path` is something else, or not writable */
  async open(): Promise<void> {
    await this.#opened();
  }

  /** @throws if it cannot be written; the next call tries again */
  async append(lines: Uint8Array): Promise<void> {
    try {
      const { size } = await this.#opened();
      if (size > 0 && size + lines.length > this.options.maxBytes) await this.#rotate();
      const file = await this.#opened();
      await file.handle.appendFile(lines);
      file.size += lines.length;
    } catch (error) {
      await this.close().catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.close();
  }

  async #opened(): Promise<{ readonly handle: FileHandle; size: number }> {
    if (this.#file !== undefined) return this.#file;
    const { path } = this.options;
    const found = await stat(path).catch(() => undefined);
    // To open a pipe waits for its reader, and a device must not be renamed.
    if (found !== undefined && !found.isFile()) throw new Error('it is not a file');
    const handle = await open(path, 'a+', MODE);
    try {
      const { size } = await handle.stat();
      this.#file = { handle, size: size + (await endLine(handle, size)) };
    } catch (error) {
      await handle.close();
      throw error;
    }
    return this.#file;
  }

  async #rotate(): Promise<void> {
    const { path, keep } = this.options;
    // Windows does not rename open files.
    await this.close();
    if (keep === 0) return rm(path);
    for (let at = keep - 1; at > 0; at--) await renameIfThere(`${path}.${at}`, `${path}.${at + 1}`);
    return rename(path, `${path}.1`);
  }
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
