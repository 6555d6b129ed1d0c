import { defineConfig } from 'vitest/config';

// The TensorFlow engine: `npm run test:tensorflow`, which installs TensorFlow.
export default defineConfig({
  test: { include: ['test/tensorflow/*.tensorflow.ts'], testTimeout: 300_000, hookTimeout: 60_000 },
});
