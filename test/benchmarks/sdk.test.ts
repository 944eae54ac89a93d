import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Program } from '../../benchmarks/peers/program.js';
import { freePort } from '../../src/doctor/free-port.js';
import { sdkOf } from '../../benchmarks/peers/sdk.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SDK = '@modelcontextprotocol/sdk';

describe('the SDK that a proxy runs is', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mcp-backchannel-sdk-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('that of the packages it has loaded, whatever their folders are called and wherever they are', async () => {
    const scripts = [
      await installed('peer', { name: 'peer', version: '9.0.0', dependencies: { [SDK]: '^1.0.0' } }),
      await installed('sdk-old', { name: SDK, version: '1.24.3' }),
      await installed('peer/node_modules/@modelcontextprotocol/server', {
        name: '@modelcontextprotocol/server',
        version: '2.0.0',
      }),
    ];

    expect(sdkOf(scripts)).toBe('1.24.3, 2.0.0');
  });

  test('that which its bundle names', async () => {
    const text = '//#region node_modules/.pnpm/@modelcontextprotocol+sdk@1.24.3_zod@3.25.76/node_modules/x.js';
    const manifest = { name: 'bundle', devDependencies: { [SDK]: '^1.20.0' } };

    expect(sdkOf([await installed('bundle', manifest, text)])).toBe('bundled 1.24.3');
  });

  test('of the range that it was built with, if its bundle names none', async () => {
    const manifest = { name: 'mute', devDependencies: { [SDK]: '^1.15.1' } };

    expect(sdkOf([await installed('mute', manifest)])).toBe('bundled, ^1.15.1');
  });

  test('none where none is loaded', async () => {
    const manifest = { name: 'other', devDependencies: { typescript: '^5.0.0' } };

    expect(sdkOf([await installed('other', manifest), pathToFileURL(join(folder, 'floor.js')).href])).toBe('');
  });

  /** A package with one script. */
  async function installed(name: string, manifest: object, text = ''): Promise<string> {
    const script = join(folder, 'node_modules', name, 'dist/main.js');
    await mkdir(dirname(script), { recursive: true });
    await writeFile(join(folder, 'node_modules', name, 'package.json'), JSON.stringify(manifest));
    await writeFile(script, text);
    return pathToFileURL(script).href;
  }
});

test('a program that is measured tells which scripts it has loaded, and so which SDK it runs', async () => {
  const manifest = await readFile(join(ROOT, 'node_modules', SDK, 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { readonly version: string };
  const program = new Program();
  try {
    const port = await freePort();
    const everything = join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');
    program.start([everything, 'streamableHttp'], { env: { PORT: String(port) } });
    await program.listening(port);

    expect(sdkOf(await program.scripts())).toBe(version);
  } finally {
    await program.stop();
  }
}, 30_000);
