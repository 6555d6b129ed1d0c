import { defineConfig } from 'vitest/config';

// The scripts in examples/: `npm run test:examples`.
export default defineConfig({
  test: { include: ['test/examples/*.examples.ts'], testTimeout: 120_000, hookTimeout: 60_000 },
});
