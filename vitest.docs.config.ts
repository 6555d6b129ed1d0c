import { defineConfig } from 'vitest/config';

// Every console block of the documentation: `npm run test:docs`.
export default defineConfig({
  test: { include: ['test/docs/*.docs.ts'], testTimeout: 300_000, hookTimeout: 60_000 },
});
