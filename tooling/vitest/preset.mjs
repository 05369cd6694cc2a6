import { defineConfig } from 'vitest/config';

/** Tests run on TypeScript source (`@flambeau/source`), so that a change in one package is seen by all others without a build. */
export default defineConfig({
  resolve: { conditions: ['@flambeau/source', 'module', 'node', 'import', 'default'] },
  ssr: {
    resolve: {
      conditions: ['@flambeau/source', 'module', 'node', 'import', 'default'],
      externalConditions: ['@flambeau/source'],
    },
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    reporters: ['default', 'json'],
    outputFile: { json: 'build/test-results.json' }, // `npm test` sums these up
    server: { deps: { inline: [/@flambeau\//] } },
  },
});
