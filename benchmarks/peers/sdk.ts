/** Which SDK a program really runs: one that is installed, or one that its bundler has put into it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The innermost package that a script is of. */
const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const SDK = /^@modelcontextprotocol\/(sdk|client|server|node|core)$/;
/** In what bundlers leave in comments, or not: the folder of a package, with its version. */
const BUNDLED = /@modelcontextprotocol\+(?:sdk|client|server|node|core)@(\d+\.\d+\.\d+)/g;

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/**
 * @param scripts URLs of all that it has loaded
 * @returns `1.32.2`, `bundled 1.24.3`, or, where it has one but does not say which, the range that it was built with;
 * nothing where there is none
 */
export function sdkOf(scripts: readonly string[]): string {
  const byPackage = new Map<string, string[]>();
  for (const script of scripts) {
    const path = fileURLToPath(script);
    const [folder] = PACKAGE.exec(path) ?? [];
    if (folder !== undefined) byPackage.set(folder, [...(byPackage.get(folder) ?? []), path]);
  }
  const installed = new Set<string>();
  const bundled = new Set<string>();
  const ranges = new Set<string>();
  for (const [folder, paths] of byPackage) {
    const { name = '', version = '', devDependencies = {} } = manifestIn(folder);
    if (SDK.test(name)) {
      installed.add(version);
      continue;
    }
    // What was needed to build it only may be in it.
    const built = Object.entries(devDependencies).filter(([dependency]) => SDK.test(dependency));
    if (built.length === 0) continue;
    for (const [, range] of built) ranges.add(range);
    for (const path of paths) {
      for (const [, found = ''] of readFileSync(path, 'utf8').matchAll(BUNDLED)) bundled.add(found);
    }
  }
  const known = [...[...installed].sort(), ...[...bundled].sort().map((version) => `bundled ${version}`)];
  if (known.length > 0) return known.join(', ');
  return [...ranges].map((range) => `bundled, ${range}`).join(', ');
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as Manifest;
}
