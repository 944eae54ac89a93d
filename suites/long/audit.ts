/**
 * Asks the registry for known vulnerabilities in the packages that ours depends on, and keeps its answer. Fails if
 * there are any, or if the registry does not answer.
 *
 *     npm run audit:runtime
 */
import { spawnSync } from 'node:child_process';
import { environment } from '../lib/environment.js';
import { keep, ROOT } from '../lib/results.js';

interface Answer {
  readonly metadata?: {
    readonly vulnerabilities: Readonly<Record<string, number>>;
    readonly dependencies: { readonly prod: number };
  };
  readonly message?: string;
  readonly statusCode?: number;
}

const { date, commit } = environment(['package.json', 'package-lock.json']);
const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { cwd: ROOT, encoding: 'utf8' });
const { metadata, message, statusCode } = answerIn(stdout);
if (metadata === undefined) {
  // Known is only that nobody said anything: a page that kept silent about it would look like one that was never asked.
  const refused = statusCode === undefined ? (message ?? 'no answer') : `HTTP ${statusCode}`;
  await keep('audit', { date, commit, refused });
  console.error(`the registry does not answer: ${message ?? stdout}`);
  process.exitCode = 1;
} else {
  const { vulnerabilities, dependencies } = metadata;
  await keep('audit', { date, commit, packages: dependencies.prod, vulnerabilities });
  console.log(`${dependencies.prod} packages, ${vulnerabilities['total'] ?? 0} vulnerabilities`);
  process.exitCode = vulnerabilities['total'] === 0 ? 0 : 1;
}

function answerIn(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return { message: text };
  }
}
