/**
 * Asks the registry what is known against the packages that ours brings along, and keeps its answer. Fails where
 * there is something, and where the registry does not answer.
 *
 *     npm run audit:runtime
 */
import { spawnSync } from 'node:child_process';
import { environment } from '../benchmarks/lib/environment.js';
import { keep, ROOT } from './lib/results.js';

interface Answer {
  readonly metadata?: {
    readonly vulnerabilities: Readonly<Record<string, number>>;
    readonly dependencies: { readonly prod: number };
  };
  readonly message?: string;
}

const { date, commit } = environment(['package.json', 'package-lock.json']);
const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { cwd: ROOT, encoding: 'utf8' });
const { metadata, message } = JSON.parse(stdout) as Answer;
if (metadata === undefined) throw new Error(`the registry does not answer: ${message ?? stdout}`);
const { vulnerabilities, dependencies } = metadata;
await keep('audit', { date, commit, packages: dependencies.prod, vulnerabilities });
console.log(`${dependencies.prod} packages, ${vulnerabilities['total'] ?? 0} vulnerabilities`);
process.exitCode = vulnerabilities['total'] === 0 ? 0 : 1;
