import { statSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Context } from '../../src/cli/context.ts';
import { createReadProgress } from '../../src/cli/read-progress.ts';
import type { TagStats } from '../../src/cli/tag-stats.ts';
import { statsLine } from '../../src/cli/tag-stats.ts';
import {
  createFolder,
  createWorld,
  expectRefused,
  type Outcome,
  seqtag,
  type WorldOptions,
  withoutEscapes,
} from './world.ts';

const folder = createFolder();
afterAll(folder.remove);

const tag = (args: readonly string[], options: WorldOptions = {}): Promise<Outcome> =>
  seqtag(['tag', '--threads=1', ...args], options);
const text = 'Berlin is in Germany.\n\nZxqv Qzzk left Berlin.\n';

describe('--stats', () => {
  it('counts sentences, tokens, unknown words and spans', async () => {
    const plainly = await tag(['-m', 'en-ner'], { stdin: text });
    const { code, stdout, stderr } = await tag(['-m', 'en-ner', '--stats', '--json'], {
      stdin: text,
    });
    expect([code, stdout]).toEqual([0, plainly.stdout]);
    expect(stderr).toMatch(/^\{[^\n]+\}\n$/);
    const stats = JSON.parse(stderr) as TagStats;
    const given = (tag: string): number => stdout.split(`\t${tag}\n`).length - 1;
    expect(stats).toMatchObject({
      sentences: 2,
      tokens: 10,
      unknown: 2,
      columns: [{ name: 'NER', counts: 'spans' }],
    });
    const { LOC } = stats.columns[0]!.byType;
    expect(LOC).toBe(given('B-LOC'));
    expect(LOC).toBeGreaterThan(0);
    expect(stats.tokensPerSecond * stats.seconds).toBeCloseTo(10);
    expect(stats.peakMemory).toBeGreaterThan(2e7);
  });

  it('is a line of all files, of tags where there are no spans', async () => {
    const file = folder.path('one.txt');
    writeFileSync(file, 'Berlin.');
    const args = ['-m', 'en-upos', '--stats', file, '-', file];
    const { stderr } = await tag(args, { stdin: 'Berlin is.' });
    expect(stderr).toMatch(
      /^3 sentences; 7 tokens; 0\.00 % unknown words; 3 tags \([A-Z]+ \d, [A-Z]+ \d, [A-Z]+ \d\); [\d.]+ s \([\d,]+ tokens\/s\); [\d.]+ MB of memory\n$/,
    );
  });

  it('calls a column by what its tags are, where training was not told', async () => {
    const { stderr } = await tag(['-m', 'en-upos', '--stats', '--json'], { stdin: 'Yes.' });
    expect((JSON.parse(stderr) as TagStats).columns[0]!.name).toBe('upos');
  });

  it('names the most frequent types of each column', () => {
    const byType = { A: 1200, B: 5, C: 4, D: 3, E: 2, F: 1, G: 1 };
    const line = statsLine({
      sentences: 1,
      tokens: 0,
      unknown: 0,
      seconds: 2,
      tokensPerSecond: 0,
      peakMemory: 1e8,
      columns: [
        { name: 'xpos', counts: 'tags', byType },
        { name: 'NER', counts: 'spans', byType: {} },
      ],
    });
    expect(line).toBe(
      '1 sentence; 0 tokens; – % unknown words; xpos: 7 tags (A 1,200, B 5, C 4, D 3, E 2, 2 more); NER: 0 spans; 2.0 s (0 tokens/s); 100.0 MB of memory',
    );
  });

  it('is what --json is of', async () => {
    expectRefused(await tag(['-m', 'en-ner', '--json'], { stdin: text }), /--json: needs --st/);
  });
});

describe('progress', () => {
  const file = folder.path('in.txt.gz');
  writeFileSync(file, gzipSync(text));
  const onto = ['-m', 'en-ner', '-o', folder.path('out.conll')];

  it('shows on a terminal how much of the files was read', async () => {
    const { io, stderr } = createWorld({ terminals: ['stderr'] });
    const progress = await createReadProgress([file, file], { io, color: false } as Context);
    for (const one of [file, file]) for await (const _ of progress!.read(one));
    const { size } = statSync(file);
    const all = `${'━'.repeat(20)}  ${2 * size} bytes of ${2 * size} bytes`;
    await vi.waitFor(() => expect(withoutEscapes(stderr())).toContain(all), 5000);
    progress!.close();
    const shown = await tag([...onto, file, file], { terminals: ['stderr', 'stdin'] });
    expect(shown.code).toBe(0);
    expect(withoutEscapes(shown.stderr)).toContain('reading');
    expect(shown.stderr).not.toContain('Type text');
  });

  it('shows nothing elsewhere, or where the whole is not known', async () => {
    const stdin = text;
    expect((await tag([...onto, file])).stderr).toBe('');
    const asks = { stdin, terminals: ['stderr'] as const };
    expect((await tag([...onto, file, '-'], asks)).stderr).toBe('');
    expect((await tag(onto, asks)).stderr).toBe('');
    expect((await tag([...onto, file], { ...asks, env: { TERM: 'dumb' } })).stderr).toBe('');
    const both = await tag(['-m', 'en-ner', file], { terminals: ['stdout', 'stderr'] });
    expect(both.stderr).toBe('');
  });

  it('gives the line back before an error', async () => {
    const bad = folder.path('bad.conll');
    writeFileSync(bad, 'a\tb\nc\n');
    const { code, stderr } = await tag([...onto, bad], { terminals: ['stderr'] });
    expect(withoutEscapes(stderr)).toMatch(/seqtag: .*bad\.conll:2: 1 column, expected 2[^\n]*\n$/);
    expect(code).toBe(2);
  });
});

describe('several files', () => {
  it('an error in one leaves what those before it gave whole', async () => {
    const first = folder.path('first.conll');
    const second = folder.path('second.conll');
    writeFileSync(first, 'Berlin\n\nBonn');
    writeFileSync(second, 'a\n\nb c\n');
    const alone = await tag(['-m', 'en-ner', first]);
    expect(alone.code).toBe(0);
    for (const bad of [second, folder.path('none.conll')]) {
      const { code, stdout, stderr } = await tag(['-m', 'en-ner', first, bad]);
      expect(stderr).toMatch(/^seqtag: .*(?:second\.conll:3: 2 col|none\.conll: no such)[^\n]*\n$/);
      expect(code).toBe(2);
      expect(stdout.trimEnd()).toBe(alone.stdout.trimEnd());
    }
  });
});
