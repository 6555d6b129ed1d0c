import { describe, expect, test } from 'vitest';
import {
  type Annotation,
  createWriter,
  type Format,
  type WriteOptions,
} from '../../../src/corpus/index.ts';
import { expectUserError, parseText } from '../helpers.ts';

const spans: Annotation = {
  tags: ['B-PER', 'I-PER', 'O'],
  confidences: [0.98764, 0.9, 1],
  spans: [{ type: 'PER', start: 0, end: 2, confidence: 0.75 }],
  nBest: [
    { tags: ['B-PER', 'I-PER', 'O'], probability: 0.61239 },
    { tags: ['B-PER', 'O', 'O'], probability: 0.000123456 },
  ],
};
const upos: Annotation = {
  tags: ['PROPN', 'PROPN', '_'],
  confidences: [1, 0.5, 0.33333],
  spans: [],
};

/** What is written of `text`, each of its sentences annotated so in each column. */
function write(
  text: string,
  read: Format,
  options: WriteOptions,
  annotations: readonly Annotation[] = [spans],
): string {
  const { sentences, document } = parseText(text, { format: read });
  const writer = createWriter(options);
  writer.begin(document);
  const columns = annotations.map((own) =>
    sentences.map(({ tokens: { length } }) => ({
      ...own,
      tags: own.tags.slice(0, length),
      confidences: own.confidences?.slice(0, length),
      nBest: own.nBest?.map((one) => ({ ...one, tags: one.tags.slice(0, length) })),
    })),
  );
  const tags = columns.map((column) => column.map((own) => own.tags));
  return writer.write(sentences, tags, columns) + writer.end() + writer.close();
}

const raw = 'Ada Lovelace wrote';
const columns = 'Ada x\nLovelace y\nwrote z\n\n';
const confidence = true;
const conllu = ['Ada\t_', 'Lovelace\tA=1|NER=O|B=2', 'wrote\tNER=O']
  .map((cells, i) => `${i + 1}\t${cells.replace('\t', '\t_\t_\t_\t_\t_\t_\t_\t')}\n`)
  .join('');

describe('confidences', () => {
  test('in columns are a column after the tags', () => {
    expect(write(raw, 'horizontal', { confidence })).toBe(
      'Ada\tB-PER\t0.9876\nLovelace\tI-PER\t0.9000\nwrote\tO\t1.0000\n\n',
    );
    expect(write(columns, 'columns', { confidence })).toBe(
      'Ada x B-PER 0.9876\nLovelace y I-PER 0.9000\nwrote z O 1.0000\n\n',
    );
    expect(write(columns, 'columns', { confidence, tagColumn: [1, 2] }, [spans, upos])).toBe(
      'Ada B-PER PROPN 0.9876 1.0000\nLovelace I-PER PROPN 0.9000 0.5000\nwrote O _ 1.0000 0.3333\n\n',
    );
  });

  test('in csv and tsv are a column with a name, replaced where it is there', () => {
    const csv = write(raw, 'horizontal', { confidence, format: 'csv' });
    expect(csv).toBe(
      'sentence,token,tag,confidence\n1,Ada,B-PER,0.9876\n1,Lovelace,I-PER,0.9000\n1,wrote,O,1.0000\n',
    );
    expect(write(csv, 'csv', { confidence, tagColumn: 'tag' })).toBe(csv);
    const tsv = write('token\tconfidence\tid\nAda\t?\t1\n', 'tsv', { confidence });
    expect(tsv).toBe('token\tconfidence\tid\ttag\nAda\t0.9876\t1\tB-PER\n');
    expect(write('Ada\t1\n', 'tsv', { confidence })).toBe('Ada\t1\tB-PER\t0.9876\n');
    const several = { confidence, format: 'tsv', tagColumn: ['ner', 'upos'] } as const;
    expect(write('Ada', 'horizontal', several, [spans, upos])).toBe(
      'sentence\ttoken\tner\tupos\tconfidence_ner\tconfidence_upos\n1\tAda\tB-PER\tPROPN\t0.9876\t1.0000\n',
    );
  });

  test('in conllu are keys of MISC', () => {
    const once = write(conllu, 'conllu', { confidence, tagColumn: 'NER' });
    expect(once.split('\n').map((line) => line.split('\t').at(-1))).toEqual([
      'NER=B-PER|Conf=0.9876',
      'A=1|NER=I-PER|B=2|Conf=0.9000',
      'NER=O|Conf=1.0000',
      '',
    ]);
    expect(write(once, 'conllu', { confidence, tagColumn: 'NER' })).toBe(once);
    const both = { confidence, format: 'conllu', tagColumn: ['NER', 3] } as const;
    expect(write('Ada', 'horizontal', both, [spans, upos])).toContain(
      '1\tAda\t_\tPROPN\t_\t_\t_\t_\t_\tNER=B-PER|ConfNER=0.9876|ConfUpos=1.0000\n',
    );
  });

  test('in jsonl are numbers', () => {
    const object = '{"tokens":["Ada","Lovelace","wrote"],"n":1.0}\n';
    const once = write(object, 'jsonl', { confidence });
    expect(once).toBe(
      '{"tokens":["Ada","Lovelace","wrote"],"n":1.0,"tags":["B-PER","I-PER","O"],"confidences":[0.9876,0.9,1]}\n',
    );
    expect(write(once, 'jsonl', { confidence })).toBe(once);
    const both = { confidence, format: 'jsonl', tagColumn: ['ner', 'upos'] } as const;
    expect(write('Ada', 'horizontal', both, [spans, upos])).toBe(
      '{"tokens":["Ada"],"ner":["B-PER"],"upos":["PROPN"],"confidences_ner":[0.9876],"confidences_upos":[1]}\n',
    );
  });

  test('of spans are told with spans, and on a page', () => {
    expect(write(raw, 'text', { confidence, format: 'spans' })).toMatch(
      /"text":"Ada Lovelace","type":"PER","confidence":0.75\}\n$/,
    );
    expect(write(raw, 'text', { confidence, format: 'html' })).toContain(
      ' data-type="PER" title="0.7500">Ada Lovelace</mark> wrote',
    );
    const plain = write(raw, 'text', { confidence, format: 'spans' }, [upos]);
    expect(plain.match(/"confidence":[\d.]+/g)).toEqual([
      '"confidence":1',
      '"confidence":0.5',
      '"confidence":0.3333',
    ]);
    // tags that are no spans of a scheme, and look so
    const alike: Annotation = { ...spans, spans: [] };
    expect(write(raw, 'text', { confidence, format: 'spans' }, [alike])).toContain(
      '"type":"PER","confidence":0.9}',
    );
  });

  test('have no place inline', () => {
    expectUserError(
      () => createWriter({ confidence, format: 'inline' }),
      /^the format inline has no place for confidences\. Choose .*columns/,
    );
  });
});

describe('sequences', () => {
  test('in jsonl have their probability', () => {
    expect(write('Ada', 'horizontal', { nBest: 2, format: 'jsonl' })).toBe(
      '{"tokens":["Ada"],"tags":["B-PER"],"nbest":[{"tags":["B-PER"],"probability":0.6124},{"tags":["B-PER"],"probability":0.0001235}]}\n',
    );
  });

  test('of a line of prose are those of all its sentences', () => {
    const own: Annotation = {
      tags: ['X', 'X'],
      confidences: [0.5, 0.25],
      nBest: [
        { tags: ['X', 'X'], probability: 0.6 },
        { tags: ['Y', 'X'], probability: 0.3 },
      ],
    };
    const line = write('{"text":"Yes. No."}\n', 'jsonl', { nBest: 2, confidence }, [own]);
    expect(JSON.parse(line)).toEqual({
      text: 'Yes. No.',
      tokens: ['Yes', '.', 'No', '.'],
      tags: ['X', 'X', 'X', 'X'],
      confidences: [0.5, 0.25, 0.5, 0.25],
      nbest: [
        { tags: ['X', 'X', 'X', 'X'], probability: 0.36 },
        { tags: ['X', 'X', 'Y', 'X'], probability: 0.18 },
      ],
    });
    expect(write('{"text":""}\n', 'jsonl', { nBest: 2, confidence }, [own])).toBe(
      '{"text":"","tokens":[],"tags":[],"confidences":[],"nbest":[]}\n',
    );
  });

  test('in columns follow the tags, before confidences', () => {
    expect(write(columns, 'columns', { nBest: 3, confidence })).toBe(
      'Ada x B-PER B-PER _ 0.9876\nLovelace y I-PER O _ 0.9000\nwrote z O O _ 1.0000\n\n',
    );
    expect(write(raw, 'horizontal', { nBest: 1 })).toBe(
      'Ada\tB-PER\nLovelace\tI-PER\nwrote\tO\n\n',
    );
  });

  test.each(['conllu', 'csv', 'tsv', 'spans', 'html', 'inline'] as const)(
    'have no place in %s',
    (format) => {
      expectUserError(
        () => createWriter({ nBest: 2, format }),
        /^the format \w+ has no place for several sequences of tags\. Choose jsonl, json or columns\.$/,
      );
    },
  );
});

test('a MISC key that is not there is read as O, or as is asked', () => {
  const tags = (absentTag?: string) =>
    parseText(conllu, { format: 'conllu', tagColumn: 'B', featureColumn: 'NER', absentTag })
      .sentences[0];
  expect(tags()?.tags).toEqual(['O', '2', 'O']);
  expect(tags('?')?.tags).toEqual(['?', '2', '?']);
  expect(tags('?')?.featureColumns).toEqual([['O', 'O', 'O']]);
});
