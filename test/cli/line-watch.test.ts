import { describe, expect, it } from 'vitest';
import { fold } from '../../src/cli/help.ts';
import { looksLikeLines } from '../../src/cli/line-watch.ts';

const english =
  'Die Verhandlungen über den Vertrag dauerten bis in die Nacht, und am Ende unterschrieb keiner der Beteiligten. Der Minister reiste am Morgen nach Berlin zurück, ohne mit der Presse zu sprechen, und die Gewerkschaft kündigte neue Streiks an. Ein Sprecher der Bahn sagte am Abend, man werde dem Angebot nicht zustimmen.';

describe('looksLikeLines', () => {
  it.each([
    [
      'headlines',
      ['Minister returns to Berlin', 'No agreement', 'Strikes at the railways go on', 'Cats'],
    ],
    ['names', ['Angela Merkel', 'Joe Biden', 'Ada', 'Bo Lee']],
    ['lines of a log', [1, 2, 3, 4].map((n) => `12:00:0${n} server${n} failed`)],
    ['lines of as many words', ['a dog barks', 'a cat sees', 'an ox pulls', 'no one knows']],
    ['messages', ['lol', 'what did she say to you yesterday', 'no idea', 'ask Nadia', 'ok']],
  ])('finds %s', (_, lines) => {
    expect(looksLikeLines(lines)).toBe(true);
    expect(looksLikeLines([...lines, '', ''])).toBe(true);
  });

  it('does not find prose, whatever its width', () => {
    for (const width of [40, 60, 72, 100])
      expect(looksLikeLines(fold(english, width).split('\n'))).toBe(false);
  });

  it.each([
    [
      'sentences, which are not joined',
      english.replaceAll('. ', '.\n').split('\n').concat('Ja.', 'Nein.'),
    ],
    ['paragraphs', ['One', '', 'Another one here', '', 'Yet another', '', 'Last']],
    ['a few lines', ['One', 'Another one here', 'two']],
    ['nothing', []],
  ])('does not find %s', (_, lines) => {
    expect(looksLikeLines(lines)).toBe(false);
  });
});
