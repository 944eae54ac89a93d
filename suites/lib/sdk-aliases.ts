/** Makes tests import another version of the SDK than the one they were written for. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Alias {
  readonly find: RegExp;
  readonly replacement: string;
}

const MODULES = fileURLToPath(new URL('../versions/node_modules', import.meta.url));
const ABSENT = fileURLToPath(new URL('absent.ts', import.meta.url));

/** @param version `sdk-1.13`, an alias in `suites/versions/package.json`; or `sdk-2.0`, for the packages of 2.x that it pins */
export function aliasesOf(version: string | undefined): Alias[] {
  if (version === undefined || version === '') return [];
  const folder = version === 'sdk-2.0' ? `${MODULES}/@modelcontextprotocol` : `${MODULES}/${version}`;
  if (!existsSync(folder)) throw new Error(`${version} is not installed: npm ci --prefix suites/versions`);
  return version === 'sdk-2.0' ? ofSecond(folder) : ofFirst(folder);
}

/** What must run before tests that know only newer versions. */
export function setupOf(version: string | undefined): string[] {
  const isOld = version?.startsWith('sdk-1') === true && Number(version.split('.')[1]) < 25;
  return isOld ? [fileURLToPath(new URL('early-headers.ts', import.meta.url))] : [];
}

function ofFirst(folder: string): Alias[] {
  const modules = `${folder}/dist/esm`;
  const web = 'server/webStandardStreamableHttp.js';
  return [
    // 1.24.3 and older do not have it; what imports it is told so.
    ...(existsSync(`${modules}/${web}`) ? [] : [{ find: sdk(web), replacement: ABSENT }]),
    { find: sdk('(.*)'), replacement: `${modules}/$1` },
  ];
}

function sdk(module: string): RegExp {
  return new RegExp(`^@modelcontextprotocol/sdk/${module}$`);
}

function ofSecond(folder: string): Alias[] {
  return [
    { find: /^@modelcontextprotocol\/(server|client|node)$/, replacement: `${folder}/$1/dist/index.mjs` },
    { find: /^@modelcontextprotocol\/(server|client)\/stdio$/, replacement: `${folder}/$1/dist/stdio.mjs` },
  ];
}
