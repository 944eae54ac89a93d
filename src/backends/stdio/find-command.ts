import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { posix, win32 } from 'node:path';
import process from 'node:process';
import { environment } from './child-environment.js';
import type { ChildCommand } from './child-transport.js';

/** The folders that systems search if the environment has no `PATH`. */
const DEFAULT_PATH = '/usr/bin:/bin';

const DEFAULT_EXTENSIONS = '.COM;.EXE;.BAT;.CMD';

type Place = Pick<ChildCommand, 'command' | 'env' | 'cwd'>;

/** Why a command cannot be run. Nothing if the system would find an executable file for it. */
export function faultIn(given: Place, platform: NodeJS.Platform = process.platform): string | undefined {
  const { command } = given;
  const found = filesOf(given, platform);
  if (found.length === 0) return `no such command: ${command}; is it on the PATH?`;
  return found.some((file) => canRun(file, platform))
    ? undefined
    : `${command} is a file that must not be executed; run it with a program, or make it executable`;
}

/** The file that the system runs for a command, without symbolic links. */
export function executableOf(given: Place, platform: NodeJS.Platform = process.platform): string | undefined {
  const file = filesOf(given, platform).find((found) => canRun(found, platform));
  return file === undefined ? undefined : realpathSync(file);
}

function filesOf({ command, env, cwd = process.cwd() }: Place, platform: NodeJS.Platform): readonly string[] {
  const places = placesOf(command, environment(process.env, env, platform), cwd, platform);
  return places.filter((place) => statSync(place, { throwIfNoEntry: false })?.isFile());
}

function placesOf(
  command: string,
  variables: Readonly<Record<string, string>>,
  cwd: string,
  platform: NodeJS.Platform,
): readonly string[] {
  if (platform !== 'win32') {
    const path = (variables['PATH'] ?? DEFAULT_PATH).split(':');
    const folders = command.includes('/') ? [''] : path;
    return folders.map((folder) => posix.resolve(cwd, folder, command));
  }
  // Windows ignores the case of variable names, and searches the current folder first.
  const variable = (name: string): string | undefined =>
    Object.entries(variables).find(([key]) => key.toUpperCase() === name)?.[1];
  const path = [cwd, ...(variable('PATH') ?? '').split(';').filter((folder) => folder !== '')];
  const folders = /[/\\]/.test(command) ? [cwd] : path;
  const endings = ['', ...(variable('PATHEXT') ?? DEFAULT_EXTENSIONS).split(';')];
  return folders.flatMap((folder) => endings.map((ending) => win32.resolve(cwd, folder, `${command}${ending}`)));
}

function canRun(path: string, platform: NodeJS.Platform): boolean {
  if (platform === 'win32') return true;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
