import { expect, test } from 'vitest';
import { loadFormat } from '../../../src/corpus/formats/code.ts';
import { formats } from '../../../src/corpus/formats/formats.ts';

test.each(Object.values(formats))(
  'the code of $name does what its definition says',
  async (format) => {
    const { createParser, readAnnotations, createWriter } = await loadFormat(format.name);
    expect(createParser !== undefined).toBe(format.reads === 'sentences');
    expect(readAnnotations !== undefined).toBe(format.reads === 'annotations');
    expect(createWriter !== undefined).toBe(format.writes !== undefined);
  },
);

test('each format is in the list by its name, and no extension means two formats', () => {
  expect(Object.values(formats).map(({ name }) => name)).toEqual(Object.keys(formats));
  const extensions = Object.values(formats).flatMap((format) => format.extensions);
  expect(new Set(extensions).size).toBe(extensions.length);
});
