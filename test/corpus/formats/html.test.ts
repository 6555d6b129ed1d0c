import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWriter, type Format } from '../../../src/corpus/index.ts';
import { parseText, written } from '../helpers.ts';

function page(
  files: readonly { text: string; format: Format; file: string }[],
  tagOf: (token: string) => string,
): string {
  const writer = createWriter({ format: 'html' });
  let out = '';
  for (const { text, ...options } of files) {
    const { sentences } = parseText(text, options);
    for (const sentence of sentences)
      out += writer.write([sentence], [[sentence.tokens.map(tagOf)]]);
    out += writer.end();
  }
  return out + writer.close();
}

/** The text of a page's sections, as a browser shows it. */
function shown(html: string): string {
  const sections = html.match(/<section[^>]*>[\s\S]*?<\/section>/g) ?? [];
  return sections
    .map((section) => section.replace(/<[^>]*>/g, ''))
    .join('')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}

const person = (token: string): string =>
  token === 'Ada' ? 'B-PER' : token === 'Lovelace' ? 'I-PER' : token === 'Rome' ? 'B-<LOC>' : 'O';

test('a page of its own, with what was tagged marked, and a legend', () => {
  const html = page(
    [{ text: 'Is <b> "Ada\nLovelace" & Rome?', format: 'text', file: '<stdin>' }],
    person,
  );
  expect(html).toMatch(/^<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">/);
  expect(html).toMatch(/<\/nav>\n<\/body>\n<\/html>\n$/);
  expect(html).toContain(
    '<section dir="auto">Is &lt;b&gt; &quot;<mark style="--hue:210" data-type="PER">Ada\nLovelace</mark>&quot; &amp; <mark style="--hue:348" data-type="&lt;LOC&gt;">Rome</mark>?</section>',
  );
  expect(html).toContain(
    '<nav><mark style="--hue:210">PER 1</mark><mark style="--hue:348">&lt;LOC&gt; 1</mark></nav>',
  );
  expect(html).toContain('prefers-color-scheme: dark');
  expect(html).not.toMatch(/<script|https?:|<link|<h2/);
});

test('several files on one page, each under its name', () => {
  const html = page(
    [
      { text: 'Ada.\n\nRome', format: 'text', file: 'a&b.txt' },
      { text: 'Ada O\nLovelace O\n\nRome O\n', format: 'columns', file: 'c.conll' },
      { text: '{"text":"Oh. Ada"}\n{"tokens":["Rome"]}', format: 'jsonl', file: 'd.jsonl' },
    ],
    person,
  );
  expect(html.match(/<h2>.*<\/h2>/g)).toEqual([
    '<h2>a&amp;b.txt</h2>',
    '<h2>c.conll</h2>',
    '<h2>d.jsonl</h2>',
  ]);
  expect(html.match(/<!doctype/g)).toHaveLength(1);
  expect(html).toContain('<mark style="--hue:210">PER 3</mark>');
  expect(shown(html)).toBe('Ada.\n\nRomeAda Lovelace\nRome\nOh. Ada\nRome\n');
});

test('nothing gives an empty page', () => {
  expect(page([{ text: '\n', format: 'text', file: 'x' }], person)).toMatch(
    /<body>\n<nav><\/nav>\n<\/body>/,
  );
});

test('the text of a page is the text that was tagged', () => {
  const piece = fc.constantFrom(
    'Ada ',
    'Lovelace',
    '<',
    '>',
    '&',
    '"',
    '&amp;',
    "'",
    ' ',
    '\n',
    '. ',
    '\n\n',
    '😂',
    '</section>',
    '名前',
  );
  const text = fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.boolean(), (text, plain) => {
      const { sentences } = parseText(text, { format: 'text' });
      const read = sentences.map(({ source }) => source?.raw).join('');
      const tagOf = plain ? (token: string) => token : person;
      expect(shown(page([{ text, format: 'text', file: 'x' }], tagOf))).toBe(read);
    }),
  );
});

test('marks of two columns are one inside the other; one that crosses another is two', () => {
  const parsed = parseText('a b c d', { format: 'text' });
  const write = (...rows: string[]): string => {
    const columns = rows.map((row) => {
      const tags = row.split(' ');
      return () => tags.shift()!;
    });
    return written(parsed, { format: 'html', tagColumn: ['x', 'y'] }, ...columns)
      .replace(/^[\s\S]*<section[^>]*>/, '')
      .replace(/<mark[^>]*data-type="(.)">/g, '<$1>')
      .replaceAll('</mark>', '<>');
  };
  expect(write('B-X I-X O O', 'B-Y I-Y I-Y O')).toBe('<Y><X>a b<> c<> d');
  expect(write('B-X I-X I-X O', 'O B-Y O B-Y')).toBe('<X>a <Y>b<> c<> <Y>d<>');
  expect(write('B-X I-X O O', 'O B-Y I-Y O')).toBe('<X>a <Y>b<><> <Y>c<> d');
  expect(write('N N N O', 'O B-Y I-Y O')).toBe('a <Y>b c<> d');
});

test('control characters, which HTML forbids, become visible ones; white space stays', () => {
  const html = page(
    [{ text: 'a\x1b[1m\tb\n', format: 'text', file: 'x\x07' }],
    () => 'B-T\x1b\x80',
  );
  expect(html).toContain('<h2>x␇</h2>');
  expect(html).toContain('data-type="T␛\ufffd"');
  expect(shown(html)).toBe('a␛[1m\tb\n');
});
