/** What is said of a process that did not start, or that has ended. */
import type { ChildProcess } from 'node:child_process';
import type { BackendEnd } from '../../backend-ended.js';

/** Replaces the error for a missing command with one that operators can act on. */
export function readable(error: NodeJS.ErrnoException, command: string): Error {
  return error.code === 'ENOENT'
    ? new Error(`no such command: ${command}; is it on the PATH?`, { cause: error })
    : error;
}

export function howItEnded({ exitCode, signalCode }: ChildProcess): string {
  if (signalCode !== null) return `was ended by ${signalCode}`;
  return exitCode === null ? 'has closed its stdout' : `ended with code ${exitCode}`;
}

export function endOf({ exitCode, signalCode }: ChildProcess): BackendEnd {
  return { exitCode: exitCode ?? undefined, signal: signalCode ?? undefined };
}
