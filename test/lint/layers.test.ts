/** The project's own rules of which folder may import which, shown to refuse each wrong arrow and each circle. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult, type IFlattenedRuleSet } from 'dependency-cruiser';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

interface Configuration extends IFlattenedRuleSet {
  readonly options: ICruiseOptions;
}

const require = createRequire(import.meta.url);
const { options, ...ruleSet } = require('../../.dependency-cruiser.cjs') as Configuration;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(await realpath(tmpdir()), 'layers-'));
});

afterEach(() => rm(folder, { recursive: true }));

/** The rules that these files break, by path and content. */
async function broken(files: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const { output } = await cruise(
    ['.'],
    { ...options, tsConfig: {}, baseDir: folder, validate: true, ruleSet },
    {},
    {},
  );
  return (output as ICruiseResult).summary.violations.map(({ rule }) => rule.name);
}

const NOTHING = 'export {};\n';
const PLACES = [
  ['routing/route', 'routing/other'],
  ['streams/watch', 'streams/other'],
  ['interceptor/deliver', 'interceptor/other'],
  ['errors', 'other'],
  ['index', 'index'],
  ['backends/stdio', 'backends/other'],
  ['http/transport', 'http/other'],
  ['proxy/session', 'proxy/other'],
  ['cli/run', 'cli/other'],
  ['doctor/client', 'doctor/other'],
  ['register/hooks', 'register/other'],
] as const;

/** From the importer to what it may import, in addition to its own folder. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  routing: [],
  streams: ['routing', 'errors'],
  interceptor: ['routing', 'streams', 'errors'],
  errors: ['routing'],
  index: ['routing', 'streams', 'interceptor', 'errors'],
  backends: ['routing', 'streams', 'interceptor', 'errors', 'index'],
  http: ['routing', 'streams', 'interceptor', 'errors', 'index'],
  proxy: ['routing', 'streams', 'interceptor', 'errors', 'index', 'http'],
  cli: ['routing', 'streams', 'interceptor', 'errors', 'index', 'backends', 'http', 'proxy'],
  doctor: ['routing', 'errors'],
  register: ['routing', 'streams', 'interceptor', 'errors', 'index'],
};

const layerOf = (place: string): string => place.split('/')[0] ?? '';
const ARROWS = PLACES.flatMap(([from]) => PLACES.map(([, to]) => [from, to] as const)).filter(
  ([from, to]) => layerOf(from) !== layerOf(to) && from !== to && to !== 'other',
);

describe.each(ARROWS)('src/%s.ts → src/%s.ts', (from, to) => {
  const isAllowed = ALLOWED[layerOf(from)]?.includes(layerOf(to)) === true;

  test.each([
    ['an import', `export * from '${'../'.repeat(from.split('/').length - 1) || './'}${to}.js';\n`],
    [
      'a type import',
      `import type { T } from '${'../'.repeat(from.split('/').length - 1) || './'}${to}.js';\nexport type U = T;\n`,
    ],
  ])(`${isAllowed ? 'may be' : 'is refused'}: %s`, async (_kind, text) => {
    const rules = await broken({ [`src/${to}.ts`]: 'export type T = string;\n', [`src/${from}.ts`]: text });
    if (isAllowed) expect(rules).toEqual([]);
    else expect(rules).not.toEqual([]);
  });
});

test.each<readonly [string, Readonly<Record<string, string>>]>([
  ['two files', { 'src/proxy/a.ts': "export * from './b.js';\n", 'src/proxy/b.ts': "export * from './a.js';\n" }],
  [
    'type imports',
    {
      'src/proxy/a.ts': "import type { B } from './b.js';\nexport type A = B | 1;\n",
      'src/proxy/b.ts': "import type { A } from './a.js';\nexport type B = A | 2;\n",
    },
  ],
  ...['benchmarks', 'examples', 'suites', 'test'].map(
    (folder) =>
      [
        `three files of ${folder}`,
        {
          [`${folder}/a.ts`]: "export * from './b.js';\n",
          [`${folder}/b.ts`]: "import type { C } from './c.js';\nexport type B = C;\n",
          [`${folder}/c.ts`]: "export * from './a.js';\nexport type C = string;\n",
        },
      ] as const,
  ),
])('a circle of %s is refused', async (_what, files) => {
  expect(await broken(files)).toContain('no-circle');
});

test.each(['rxjs', 'debug', 'node:timers', '@modelcontextprotocol/sdk/types.js'])(
  'src/routing must not import %s',
  async (module) => {
    expect(await broken({ 'src/routing/route.ts': `import '${module}';\n` })).toContain('routing-is-pure');
  },
);

test.each(['src/interceptor/deliver.ts', 'src/streams/watch.ts', 'src/backchannel.ts', 'src/register/hooks.ts'])(
  '%s must not import the SDK',
  async (file) => {
    expect(
      await broken({ [file]: "import type { X } from '@modelcontextprotocol/server';\nexport type Y = X;\n" }),
    ).toEqual(['core-without-sdk']);
  },
);

test.each(['test', 'suites', 'benchmarks', 'examples'])('src must not import %s', async (outside) => {
  const files = { [`${outside}/other.ts`]: NOTHING, 'src/proxy/session.ts': `import '../../${outside}/other.js';\n` };
  expect(await broken(files)).toEqual(['source-alone']);
});

test.each([
  ['another part', "import type { T } from '../proxy/session.js';\nexport type U = T;\n", 'live-is-a-page'],
  ['a module of Node', "import 'node:fs';\n", 'live-is-a-page'],
  ['more than types of the core', "export * from '../routing/route.js';\n", 'live-types-only'],
])('src/live must not import %s', async (_what, text, rule) => {
  const files = { 'src/proxy/session.ts': NOTHING, 'src/routing/route.ts': NOTHING, 'src/live/app.ts': text };
  expect(await broken(files)).toContain(rule);
});

test('only the command imports src/live, and only what is pure', async () => {
  const files = { 'src/live/app.ts': NOTHING, 'src/live/wire.ts': NOTHING };
  const refused = { 'src/cli/a.ts': "import '../live/app.js';\n", 'src/proxy/a.ts': "import '../live/wire.js';\n" };
  expect(await broken({ ...files, 'src/cli/a.ts': "import '../live/wire.js';\n" })).toEqual([]);
  expect((await broken({ ...files, ...refused })).sort()).toEqual(['live-below-the-command', 'live-for-the-command']);
});

test.each([
  ['doctor/main', []],
  ['doctor/client', ['command-runs-the-doctor']],
])('src/cli.ts → src/%s.ts', async (to, rules) => {
  expect(await broken({ [`src/${to}.ts`]: NOTHING, 'src/cli.ts': `import './${to}.js';\n` })).toEqual(rules);
});

test('suites must not import benchmarks', async () => {
  const files = { 'benchmarks/other.ts': NOTHING, 'suites/lib/a.ts': "import '../../benchmarks/other.js';\n" };
  expect(await broken(files)).toEqual(['suites-without-benchmarks']);
});
