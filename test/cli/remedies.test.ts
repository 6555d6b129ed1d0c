import { describe, expect, it } from 'vitest';
import { corpusFlags, withFlags, withRemedy } from '../../src/cli/remedies.ts';
import { labelName } from '../../src/corpus/formats/labels.ts';
import { textColumnError } from '../../src/corpus/formats/table/layout.ts';
import { invalidUtf8 } from '../../src/corpus/lines.ts';
import { lint } from '../../src/corpus/lint/lint.ts';
import { type ErrorCode, UserError } from '../../src/errors.ts';
import { parseText } from '../corpus/helpers.ts';

const remedy = (
  message: string,
  code: ErrorCode,
  { option, given = [] }: { option?: string; given?: string[] } = {},
): string =>
  withRemedy(new UserError(message, { code, ...(option !== undefined && { option }) }), {
    flags: new Set(['--tag-column', '--pred-column', '--format', '--output', '--decoder']),
    given: new Set(given),
  });

describe('withRemedy', () => {
  it('adds the flags that can correct an error, if the command has them', () => {
    expect(remedy('a.conll: no column 7.', 'SEQTAG_COLUMN')).toBe(
      'a.conll: no column 7. See --tag-column, --pred-column.',
    );
    expect(remedy('out of memory.', 'SEQTAG_MEMORY')).toBe('out of memory.');
  });

  it('adds only those that were given, if there are any', () => {
    const given = ['--pred-column', '--output'];
    expect(remedy('a.conll: no column 7.', 'SEQTAG_COLUMN', { given })).toBe(
      'a.conll: no column 7. See --pred-column.',
    );
  });

  it('writes the names of options as flags', () => {
    expect(remedy('train: decoder x: expected crf.', 'SEQTAG_OPTION')).toBe(
      '--decoder x: expected crf.',
    );
    expect(remedy('train: `format` and `other`: one.', 'SEQTAG_OPTION')).toBe(
      '--format and `other`: one.',
    );
    expect(remedy('settings.json: decoder x: expected crf.', 'SEQTAG_OPTION')).toBe(
      'settings.json: decoder x: expected crf.',
    );
  });

  it('depends on the option at fault', () => {
    expect(remedy('too many tags.', 'SEQTAG_TAGS', { option: 'decoder' })).toBe(
      'too many tags. See --decoder, --tag-column.',
    );
  });

  it('adds nothing to a message that names a flag, or to a code without flags', () => {
    const message = 'no output. Name it with -o.';
    expect(remedy(message, 'SEQTAG_SAME_FILE')).toBe(message);
    expect(remedy('damaged.', 'SEQTAG_COMPRESSION')).toBe('damaged.');
  });
});

describe('withFlags', () => {
  const inCorpora = (message: string): string => withFlags(message, corpusFlags);

  it('names --encoding', () => {
    expect(inCorpora(invalidUtf8('a', 1).message)).toMatch(/give --encoding latin1, or convert it/);
    expect(inCorpora('UTF-16. Give utf-16le (or utf-16be) as its encoding.')).toBe(
      'UTF-16. Give --encoding utf-16le (or utf-16be).',
    );
  });

  it('names --labels', () => {
    const message = (labels?: readonly string[]): string => {
      try {
        return labelName('1', labels, { file: 'a', line: 1, column: '"tag"' });
      } catch (error) {
        return inCorpora((error as Error).message);
      }
    };
    expect(message()).toBe(
      'a:1: column "tag" has numbers. Give their names in the order of the numbers, as in --labels O,B-PER,I-PER, or --labels FILE.',
    );
    const sentences = [{ tokens: ['a', 'b'], tags: ['0', '1'] }];
    const [note] = lint([{ role: 'train', name: 'a', sentences }]).filter(
      ({ check }) => check === 'tag-notation',
    );
    expect(inCorpora(note!.message)).toMatch(/as in --labels O,B-PER,I-PER/);
  });

  it('names --comment', () => {
    const notes: string[] = [];
    const read = (text: string): unknown =>
      parseText(text, {
        file: 'a',
        format: 'columns',
        gold: true,
        onNote: (note) => notes.push(note),
      });
    read('# newpar\nEU B-ORG\n. O\n');
    expect(inCorpora(notes[0]!)).toMatch(
      /If it is a token, give --comment none or --comment PREFIX\.$/,
    );
  });

  it('gives a text column that can be copied', () => {
    const { message } = textColumnError('a.csv', 1, 'my text');
    expect(withFlags(message, new Set(['--text-column']))).toMatch(
      /give --text-column "my text"; give --token-column "my text" if its cells are tokens\.$/,
    );
    expect(inCorpora(message)).toMatch(/`seqtag tag --text-column`/);
  });
});
