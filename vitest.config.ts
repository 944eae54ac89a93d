import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // Examples import the package by its name, as its users do; tests run them against the source.
    // The longer name comes first: an alias also stands for whatever begins with it.
    alias: {
      'mcp-backchannel/proxy': fileURLToPath(new URL('src/proxy/index.ts', import.meta.url)),
      'mcp-backchannel': fileURLToPath(new URL('src/index.ts', import.meta.url)),
    },
  },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text', 'json-summary'] },
  },
});
