/** What users get: the packed tarball, installed into an empty project. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createBackend } from '../../examples/lib/backend.js';
import { serve } from '../../examples/lib/serve.js';
import { Command, Started } from '../cli/support.js';
import { startCall, textOf } from '../support/stage.js';
import { exampleIn } from './readme-example.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SDK = '@modelcontextprotocol/sdk@1.32.2';

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const started = new Started();
afterEach(async () => started.end());

let project: string;
let packed: Packed;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'mcp-backchannel-'));
  // What is in dist/ is packed as it is: to build it here would take it away from tests that read it.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', project];
  const { stdout } = await run('npm', pack, { cwd: ROOT });
  [packed] = JSON.parse(stdout) as [Packed];
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'empty', version: '1.0.0', private: true }));
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${packed.filename}`, SDK];
  await run('npm', install, { cwd: project });
}, 60_000);

afterAll(async () => rm(project, { recursive: true, force: true }));

describe('the packed tarball, in an empty project', () => {
  it('holds what is built, what describes it, and nothing else', () => {
    const names = new Set(
      packed.files.map(({ path }) =>
        path
          .replace(/^dist\/.*?\.(d\.)?[cm]?(ts|js)$/, 'dist/*.$1$2')
          .replace(/^docs\/[\w-]+\.md$/, 'docs/*.md')
          .replace(/^docs\/live-\w+\.(png|svg)$/, 'docs/live-*')
          .replace(/^benchmarks\/results\/\w+\.svg$/, 'benchmarks/results/*.svg'),
      ),
    );
    expect([...names].sort()).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'benchmarks/results/*.svg',
      'dist/*.d.ts',
      'dist/*.js',
      'dist/cli/LICENSES.txt',
      'dist/live/page.css',
      'dist/live/page.html',
      'docs/*.md',
      'docs/live-*',
      'examples/grafana/alerts.yml',
      'examples/grafana/dashboard.json',
      'package.json',
    ]);
  });

  it('runs the example of the README, which prints what the README says', async () => {
    const { code, output } = exampleIn(await readFile(join(ROOT, 'README.md'), 'utf8'), 'quickstart');
    await writeFile(join(project, 'quickstart.mjs'), code);
    const { stdout, stderr } = await run(process.execPath, ['quickstart.mjs'], { cwd: project, timeout: 10_000 });
    expect(stderr).toBe('');
    expect(stdout).toBe(output);
  });

  it('has the command mcp-backchannel, which runs', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const { stdout } = await run(join(project, 'node_modules/.bin/mcp-backchannel'), ['--version']);
    expect(stdout).toBe(`${version}\n`);
    const refused = run(join(project, 'node_modules/.bin/mcp-backchannel'), [
      '--port',
      '0',
      '--host',
      'no.such.invalid',
      '--',
      'node',
    ]);
    await expect(refused).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot listen') as string,
    });
  });

  it('ends with exit code 0 on Ctrl-C under npm exec, which passes on what the terminal sends to all, calls finished', async () => {
    const backend = started.add(await serveBackend());
    // Debian's `sh` would stay between the two, and end by the signal whatever the command says.
    const options = ['exec', '--offline', '--script-shell', 'bash', '--', 'mcp-backchannel'];
    const npm = spawn('npm', [...options, '--port', '0', '--url', backend.url], { cwd: project, detached: true });
    const command = new Command(npm);
    // Ends with its process group: the command is not our child.
    const signalAll = (signal: NodeJS.Signals): boolean => process.kill(-Number(npm.pid), signal);
    try {
      const client = await started.client(await command.url(), { answers: {} });
      const call = await startCall(client, 'ask');
      const { message } = await client.next(({ message: { method } }) => method === 'elicitation/create', 0);

      signalAll('SIGINT');
      await command.line(/SIGINT: lets calls in flight finish/);
      await client.reply(message.id, { action: 'accept', content: { answer: 'Ada' } });

      expect(await textOf(call)).toBe('ask: accept Ada');
      expect(await command.exit).toEqual({ code: 0, signal: null });
    } finally {
      if (npm.exitCode === null && npm.signalCode === null) signalAll('SIGKILL');
      await command.exit;
    }
  });

  it('can be imported without the SDK', async () => {
    await rm(join(project, 'node_modules/@modelcontextprotocol'), { recursive: true });
    const code = "console.log(Object.keys(await import('mcp-backchannel')).sort().join(' '))";
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], { cwd: project });
    expect(stdout.trim()).toBe('BackchannelError asUpstream withBackchannel');
  });
});

async function serveBackend(): ReturnType<typeof serve> {
  return serve({
    async onSession(transport) {
      await createBackend().connect(transport);
      return transport;
    },
  });
}
