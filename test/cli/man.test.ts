import { expect, it } from 'vitest';
import { manPages } from '../../src/cli/man.ts';
import { version } from '../../src/files/package.ts';

const pages = await manPages();
const textOf = (name: string): string => pages.find((page) => page.name === name)!.text;

it('has a page for each command', () => {
  expect(pages.map(({ name }) => name)).toEqual([
    'seqtag.1',
    ...[
      'train',
      'distill',
      'tag',
      'eval',
      'compare',
      'inspect',
      'convert',
      'embed',
      'completion',
    ].map((name) => `seqtag-${name}.1`),
  ]);
});

it('names the version, the commands and the options of a command', () => {
  expect(textOf('seqtag.1')).toContain(`"seqtag ${version}"`);
  expect(textOf('seqtag.1')).toContain('\\fBseqtag train\\fR\ntrain a tagger on a labelled corpus');
  const train = textOf('seqtag-train.1');
  expect(train).toContain('\\fB\\-o\\fR, \\fB\\-\\-output\\fR \\fImodel\\fR\n');
  expect(train).toContain('.SH HYPERPARAMETERS\n');
  expect(train).toContain('\\fB\\-\\-hidden\\fR \\fIn\\fR\nunits per direction');
});

it('has no line that roff takes for a request by mistake', () => {
  for (const { name, text } of pages)
    for (const line of text.split('\n'))
      expect(line, name).toMatch(/^(?:\.(?:TH|SH|TP|PP|nf|fi)\b|(?![.']))/);
});
