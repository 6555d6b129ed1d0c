import { expect, test } from 'vitest';
import { codeOf, loadFormat } from '../../../src/corpus/formats/code.ts';
import { formats } from '../../../src/corpus/formats/formats.ts';
import { createWriter, type Format } from '../../../src/corpus/index.ts';

test('a format can be written once its code was loaded', async () => {
  expect(() => createWriter({ format: 'html' })).toThrow('the format html was not loaded');
  await loadFormat('html');
  expect(createWriter({ format: 'html' }).close()).toContain('</html>');
});

test('columns and raw text need no loading', () => {
  for (const format of ['columns', 'text', 'lines', 'horizontal'] as const)
    expect(codeOf(format).createParser).toBeDefined();
});

test('all.ts loads every format', async () => {
  await import('../../../src/corpus/formats/all.ts');
  for (const format of Object.keys(formats) as Format[]) expect(codeOf(format)).toBeDefined();
});
