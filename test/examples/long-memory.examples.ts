import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { checkHyperparameters } from '../../src/training/settings.ts';
import { train } from '../../src/training/train.ts';

const DISTANCE = 40;
const example = (file: string): string =>
  fileURLToPath(new URL(`../../examples/long-memory/${file}`, import.meta.url));
const settings = JSON.parse(readFileSync(example('settings.json'), 'utf8'));

const folder = mkdtempSync(join(tmpdir(), 'seqtag-examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The corpus's file. */
function make(name: string, sentences: number, seed: number): string {
  const file = join(folder, name);
  const args = [sentences, seed, DISTANCE].map(String);
  writeFileSync(file, execFileSync(process.execPath, [example('make.js'), ...args]));
  return file;
}
const corpus = make('train.conll', 300, 1);
const dev = make('dev.conll', 100, 2);

/** Share of the questions of `dev` answered at the best of all epochs, of which there are no more once it is 1. */
async function answered(cell: string): Promise<number> {
  const hyperparameters = checkHyperparameters({ ...settings, cell, epochs: 25 }, 'test');
  const output = join(folder, `${cell}.safetensors`);
  let most = 0;
  for await (const event of train({
    corpora: [corpus],
    dev,
    output,
    hyperparameters,
    threads: 1,
  })) {
    if (event.type !== 'epoch') continue;
    const { RED, BLUE } = event.dev[0]!.tags!.byTag;
    most = Math.max(most, (RED!.correct + BLUE!.correct) / (RED!.gold + BLUE!.gold));
    if (most === 1) break;
  }
  return most;
}

test.each(['lstm', 'gru'])(
  `%s remembers over ${DISTANCE} tokens`,
  { timeout: 120_000 },
  async (cell) => {
    expect(await answered(cell)).toBe(1);
  },
);

test(`an Elman network does not remember over ${DISTANCE} tokens`, {
  timeout: 120_000,
}, async () => {
  expect(await answered('rnn')).toBeLessThan(0.65);
});

test('a sentence of the corpus asks for the colour that it began with', () => {
  const sentences = readFileSync(dev, 'utf8').trim().split('\n\n');
  expect(sentences).toHaveLength(100);
  for (const sentence of sentences) {
    const rows = sentence.split('\n').map((line) => line.split('\t'));
    expect(rows).toHaveLength(DISTANCE + 1);
    expect(rows.at(-1)).toEqual(['which', rows[0]![0]!.toUpperCase()]);
    expect(rows.slice(0, -1).every(([, tag]) => tag === '-')).toBe(true);
  }
});
