import { describe, expect, it } from 'vitest';
import { withRemedy } from '../../src/cli/remedies.ts';
import { type ErrorCode, UserError } from '../../src/errors.ts';

const remedy = (message: string, code: ErrorCode, option?: string): string =>
  withRemedy(
    new UserError(message, { code, ...(option !== undefined && { option }) }),
    new Set(['--tag-column', '--format', '--output', '--decoder']),
  );

describe('withRemedy', () => {
  it('adds the flags that can correct an error, if the command has them', () => {
    expect(remedy('a.conll: no column 7.', 'SEQTAG_COLUMN')).toBe(
      'a.conll: no column 7. See --tag-column.',
    );
    expect(remedy('out of memory.', 'SEQTAG_MEMORY')).toBe('out of memory.');
  });

  it('depends on the option at fault', () => {
    expect(remedy('too many tags.', 'SEQTAG_TAGS', 'decoder')).toBe(
      'too many tags. See --decoder, --tag-column.',
    );
  });

  it('adds nothing to a message that names a flag, or to a code without flags', () => {
    const message = 'no output. Name it with -o.';
    expect(remedy(message, 'SEQTAG_SAME_FILE')).toBe(message);
    expect(remedy('damaged.', 'SEQTAG_COMPRESSION')).toBe('damaged.');
  });
});
