import { copyFileSync, utimesSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { openShared } from '../../src/library/shared-taggers.ts';
import { findModel } from '../../src/model/model-file.ts';
import { createFolder } from '../cli/world.ts';

const folder = createFolder();
afterAll(folder.remove);

it('shares what has the same file and options, until the last user closes it', async () => {
  const model = folder.path('m.safetensors');
  copyFileSync(findModel('en-upos'), model);
  const options = { threads: 1 };
  const one = openShared(model, options);
  const two = openShared(model, options);
  const other = openShared(model, { threads: 1, recallBias: { tag: 'X', nats: 1 } });
  expect(two.inner.model).toBe(one.inner.model);
  expect(other.inner.model).not.toBe(one.inner.model);
  utimesSync(model, 1, 1); // a changed file
  const changed = openShared(model, options);
  expect(changed.inner.model).not.toBe(one.inner.model);
  await one.release();
  expect(two.inner.tag([['Berlin']])).toHaveLength(1);
  await two.release();
  expect(() => two.inner.tag([['Berlin']])).toThrow(
    expect.objectContaining({ code: 'SEQTAG_CLOSED' }),
  );
  const again = openShared(model, options);
  expect(again.inner.model).toBe(changed.inner.model);
  await Promise.all([changed, again, other].map(({ release }) => release()));
});

it('is not shared any more after a thread has died', async () => {
  const options = { threads: 1 };
  const one = openShared('en-upos', options);
  const dying: string[][] = [];
  dying.map = () => {
    throw Object.assign(new Error('a thread ended'), { code: 'SEQTAG_THREAD' });
  };
  expect(() => one.inner.begin(dying)).toThrow('a thread ended');
  const two = openShared('en-upos', options);
  expect(two.inner.model).not.toBe(one.inner.model);
  await Promise.all([one, two].map(({ release }) => release()));
});
