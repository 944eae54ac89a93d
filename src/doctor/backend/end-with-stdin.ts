import { fstatSync } from 'node:fs';
import process from 'node:process';

/** Ends with the program that holds our stdin. One that gave us none, as `</dev/null`, wants us to go on. */
export function endWithStdin(): void {
  if (isPipe()) process.stdin.resume().once('end', () => process.exit());
}

function isPipe(): boolean {
  try {
    const stdin = fstatSync(0);
    return stdin.isFIFO() || stdin.isSocket();
  } catch {
    return false;
  }
}
