import { expect, test, vi } from 'vitest';

// What takes long to load must not be loaded for those who do not need it.

test('a segmenter is made for scripts without spaces, and not before', async () => {
  const made: unknown[] = [];
  const { Segmenter } = Intl;
  vi.stubGlobal('Intl', {
    Segmenter: class extends Segmenter {
      constructor(...args: ConstructorParameters<typeof Segmenter>) {
        super(...args);
        made.push(args);
      }
    },
  });
  const { createParser, createWriter, loadFormat } = await import('../../src/corpus/index.ts');
  await loadFormat('csv');
  const read = (format: 'columns' | 'horizontal' | 'csv' | 'text', text: string): void => {
    const parser = createParser({ format });
    const sentences = [...parser.push(text), ...parser.end()];
    const writer = createWriter({ format: format === 'csv' ? 'csv' : 'columns' });
    writer.write(sentences, [sentences.map(({ tokens }) => tokens.map(() => 'T'))]);
  };
  read('columns', 'a b\n');
  read('horizontal', 'a b\n');
  read('csv', 'a,b\n');
  read('csv', '"a",b\n');
  expect(made).toEqual([]);
  read('text', 'A b. C d.');
  expect(made).toEqual([]);
  read('text', '日本語');
  expect(made).toEqual([['en', { granularity: 'word' }]]);
});
