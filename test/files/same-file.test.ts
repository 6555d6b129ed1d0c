import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, it, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { refuseSameFile } from '../../src/files/same-file.ts';

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'seqtag-same-'));
afterAll(() => fs.rmSync(directory, { recursive: true }));
const named = (name: string): string => path.join(directory, name);
fs.writeFileSync(named('input'), 'a');
fs.writeFileSync(named('equal'), 'a');
fs.symlinkSync('input', named('symbolic'));
fs.linkSync(named('input'), named('hard'));

it.each(['input', 'symbolic', 'hard', '../same/input'])('refuses %s', (name) => {
  const output = name.startsWith('..')
    ? `${directory}/../${path.basename(directory)}/input`
    : named(name);
  const inputs = [undefined, named('equal'), named('input')];
  try {
    refuseSameFile(output, inputs);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ code: 'SEQTAG_SAME_FILE' });
    expect((error as Error).message).toMatch(
      /: the output would replace .*\. Give another name\.$/,
    );
    return;
  }
  throw new Error('it was accepted');
});

test('other files, missing ones and devices are accepted', () => {
  refuseSameFile(named('new'), [named('input'), named('new'), undefined]);
  refuseSameFile(named('equal'), [named('input'), 'en-ner', '-']);
  refuseSameFile('/dev/null', ['/dev/null']);
});
