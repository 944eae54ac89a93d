import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { aliasesOf, setupOf } from './suites/lib/sdk-aliases.js';
import { filesWithOwnProcess } from './test/support/own-process.js';

/** Another version of the SDK to run the tests with. */
const sdk = process.env['MCP_BACKCHANNEL_TEST_SDK'];

/** They take long, and are commands of their own: `npm run test:faults` and `npm run test:benchmarks`. */
const LONG = [
  ...(process.env['FAULTS'] === undefined ? ['test/cluster/faults/**'] : []),
  ...(process.env['BENCHMARKS'] === undefined ? ['test/benchmarks/smoke.test.ts'] : []),
];

const OWN_PROCESS = filesWithOwnProcess();

export default defineConfig({
  resolve: {
    // Examples import the package by its name, as its users do; tests run them against the source.
    alias: [
      {
        find: /^mcp-backchannel\/proxy$/,
        replacement: fileURLToPath(new URL('src/proxy/index.ts', import.meta.url)),
      },
      {
        find: /^mcp-backchannel\/cluster$/,
        replacement: fileURLToPath(new URL('src/cluster/index.ts', import.meta.url)),
      },
      {
        find: /^mcp-backchannel\/http$/,
        replacement: fileURLToPath(new URL('src/http/index.ts', import.meta.url)),
      },
      {
        find: /^mcp-backchannel\/telemetry$/,
        replacement: fileURLToPath(new URL('src/telemetry/index.ts', import.meta.url)),
      },
      { find: /^mcp-backchannel$/, replacement: fileURLToPath(new URL('src/index.ts', import.meta.url)) },
      ...aliasesOf(sdk),
    ],
  },
  test: {
    globalSetup: 'test/support/built-programs.ts',
    setupFiles: setupOf(sdk),
    pool: 'forks',
    // More than there are cores: most tests wait for processes and sockets.
    maxWorkers: 2 * availableParallelism(),
    projects: [
      { extends: true, test: { name: 'alone', include: OWN_PROCESS, exclude: LONG } },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: OWN_PROCESS,
          isolate: false,
          setupFiles: ['test/support/shared-process.ts'],
        },
      },
    ],
    // Tests of one file run at the same time where each waits for a bound to pass, in processes of its own.
    maxConcurrency: 10,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    coverage: {
      provider: 'v8',
      include: ['src/**'],
      reporter: ['text', 'json-summary'],
      // The policy is pure: there is no branch of it that a test could not reach.
      thresholds: { 'src/routing/**': { 100: true } },
    },
  },
});
