import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // Examples import the package by its name, as its users do; tests run them against the source.
    alias: { 'mcp-backchannel': fileURLToPath(new URL('../../src/index.ts', import.meta.url)) },
  },
  test: { include: ['test/**/*.test.ts'], pool: 'forks', testTimeout: 30_000, hookTimeout: 30_000 },
});
