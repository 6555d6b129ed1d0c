import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { commandsOf, difference } from './blocks.ts';

// Runs every console block of the README, docs/ and examples/, each file's in a folder of its own that has `corpora/`
// and `examples/` in it, and compares what is printed with what is shown.

const root = fileURLToPath(new URL('../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'seqtag-docs-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const bin = join(scratch, 'bin');
cpSync(join(root, 'bin'), bin, { recursive: true });
writeFileSync(
  join(bin, 'seqtag'),
  `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'bin/seqtag.js')}" "$@"\n`,
  { mode: 0o755 },
);

const documents = [
  'README.md',
  ...['docs', 'examples', 'models', 'corpora'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  ),
];

describe.each(documents)('%s', (document) => {
  const commands = commandsOf(readFileSync(join(root, document), 'utf8'));
  const folder = mkdtempSync(join(scratch, 'run-'));
  for (const name of ['corpora', 'examples'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, NO_COLOR: '1' };

  it.each(commands)('line $line: $text', ({ text, output }) => {
    const { stdout } = spawnSync('bash', ['-c', `{ ${text}\n} 2>&1`], {
      cwd: folder,
      env,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    expect(difference(output, stdout.split('\n')), stdout).toBeUndefined();
  });
  if (commands.length === 0) it.skip(`${relative(root, document)} has no console block`);
});
