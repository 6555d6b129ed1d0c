import { describe, expect, it } from 'vitest';
import { withRemedy } from '../../src/cli/remedies.ts';
import { type ErrorCode, UserError } from '../../src/errors.ts';

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
