import { mkdirSync, rmSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { createCheckpoints } from '../../../src/training/checkpoint/checkpoints.ts';
import { createFolder } from '../../cli/world.ts';

const folder = createFolder();
afterAll(folder.remove);

it('knows whether the last checkpoint or an earlier one is on the disk', async () => {
  const place = folder.path('place');
  const warnings: string[] = [];
  const { finishMember, flush } = createCheckpoints(
    {
      file: `${place}/m.checkpoint`,
      options: { corpora: [], hyperparameters: {} },
      fingerprint: { seqtag: '', files: [], vocabulary: '', config: '' },
    },
    { interval: 5, onWarning: (warning) => warnings.push(warning) },
  );
  const next = (): ReturnType<typeof flush> => {
    finishMember({ divergence: 'diverged' });
    return flush();
  };
  expect(await next()).toBe('none');
  mkdirSync(place);
  expect(await next()).toBe('last');
  rmSync(place, { recursive: true });
  expect(await next()).toBe('earlier');
  expect(warnings).toHaveLength(1);
});
