import { expect, test } from 'vitest';
import { formatOf, orTextFor, peekFormat, readSentences } from '../../src/corpus/index.ts';
import { UserError } from '../../src/errors.ts';

type Counts = Record<'asIntended' | 'refused' | 'told' | 'wrong', number>;
interface Document {
  readonly name: string;
  readonly format: string;
  readonly text: string;
  readonly oracle: (text: string, reading: readonly unknown[]) => boolean;
}
type Read = (
  bytes: Uint8Array,
  how: { document: Document; mode: string },
) => Promise<{ reading: readonly unknown[]; notes: readonly string[] } | undefined>;

// the campaign is JavaScript, so that it runs without a build
const load = async (name: string): Promise<unknown> =>
  import(new URL(`../../fuzz/${name}`, import.meta.url).href);
const { campaign, readWith } = (await load('campaign.js')) as {
  campaign: (options: {
    read: Read;
    count: number;
    seed: number;
    onWrong?: (wrong: unknown) => void;
  }) => Promise<Map<string, Counts>>;
  readWith: (readers: object, isUserError: (error: unknown) => boolean) => Read;
};
const { documents } = (await load('documents.js')) as { documents: readonly Document[] };

const read = readWith(
  { formatOf, orTextFor, peekFormat, readSentences },
  (error) => error instanceof UserError,
);

test.each(documents.map((document) => [document.name, document] as const))(
  '%s: a valid file is read as its oracle says, and nothing else is right',
  async (_, document) => {
    const outcome = await read(new TextEncoder().encode(document.text), {
      document,
      mode: 'named',
    });
    expect(document.oracle(document.text, outcome!.reading)).toBe(true);
    expect(document.oracle(document.text, outcome!.reading.slice(1))).toBe(false);
    expect(document.oracle(`${document.text}\0`, outcome!.reading)).toBe(false);
  },
);

test('damaged files of every format are read as intended, or refused', async () => {
  const wrong: unknown[] = [];
  const results = await campaign({ read, count: 60, seed: 7, onWrong: (one) => wrong.push(one) });
  expect(wrong).toEqual([]);
  for (const { asIntended, refused } of results.values()) {
    // neither result is everything
    expect(asIntended).toBeGreaterThan(5);
    expect(refused).toBeGreaterThan(0);
  }
});

test('a wrong reading is found', async () => {
  // as if the first token of every file were lost
  const careless: Read = async (bytes, how) => {
    const outcome = await read(bytes, how);
    return outcome && { ...outcome, reading: outcome.reading.slice(1) };
  };
  const results = await campaign({ read: careless, count: 10, seed: 1 });
  for (const [name, { told, wrong }] of results) expect(told + wrong, name).toBeGreaterThan(0);
});
