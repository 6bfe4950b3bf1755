import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,test,sample,web}/**/*.test.{ts,tsx}'],
    globalSetup: 'test/page/unpack-browser.ts',
    // Real servers and engines start inside the tests; the machine may be small and busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
