/**
 * Joins the files of the command, and of the packages that it needs at its start. Node takes longer to find and read
 * some 400 small files than to run them. The entries of the package stay as they are: `tsc` builds them, file by file.
 * The live page is joined as well, with all that it needs.
 */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { metafile } = await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: { cli: 'src/cli.ts', 'cli/run': 'src/cli/run.ts' },
  outdir: 'dist',
  // All but `cli.js` lies where its sources lie, so that paths that are relative to a module hold.
  chunkNames: 'cli/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // Loaded later, if at all.
  external: [
    './doctor/main.js',
    '@modelcontextprotocol/*',
    '@opentelemetry/*',
    'eventsource-parser',
    'ioredis',
    'prom-client',
    'undici',
  ],
  // For Node, RxJS has CommonJS only, of which nothing can be left out.
  alias: { rxjs: fileURLToPath(import.meta.resolve('rxjs/package.json').replace('package.json', 'dist/esm/index.js')) },
  // The packages that are CommonJS require modules of Node.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
  metafile: true,
  logLevel: 'warning',
});

/** What the live page is made of, for browsers. */
const page = await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: ['src/live/main.tsx', 'src/live/page.css'],
  entryNames: 'page',
  outdir: 'dist/live',
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: ['chrome111', 'firefox114', 'safari16.4'],
  tsconfig: 'src/live/tsconfig.json',
  // The exported picture has it inside. An entry is built as a style sheet all the same.
  plugins: [{ name: 'style-text', setup: loadStylesAsText }],
  metafile: true,
  logLevel: 'warning',
});
copyFileSync('src/live/page.html', 'dist/live/page.html');

/** A style sheet that a module imports is a text. */
function loadStylesAsText({ onResolve, onLoad }) {
  onResolve({ filter: /\.css$/ }, ({ path, resolveDir, kind }) =>
    kind === 'import-statement' ? { path: join(resolveDir, path), namespace: 'style-text' } : undefined,
  );
  onLoad({ filter: /.*/, namespace: 'style-text' }, ({ path }) => ({
    contents: readFileSync(path, 'utf8'),
    loader: 'text',
  }));
}

// The doctor is apart, so that the command has not one file more to read at its start.
await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: { 'doctor/main': 'src/doctor/main.ts', 'doctor/backend': 'src/doctor/backend.ts' },
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  logLevel: 'warning',
});

/** Their licences ask that they go along. */
function licenses() {
  const outputs = [metafile, page.metafile].flatMap((built) => Object.values(built.outputs));
  const files = outputs.flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
  );
  const folders = new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []));
  return [...folders].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
    if (file === undefined) throw new Error(`${name} has no licence file, so it must not be part of the command`);
    return `${name} ${version}\n\n${readFileSync(`${folder}/${file}`, 'utf8').trim()}\n`;
  });
}

writeFileSync('dist/cli/LICENSES.txt', licenses().join(`\n${'-'.repeat(80)}\n\n`));
