import { spawnSync } from 'node:child_process';
import { expect, it, vi } from 'vitest';
import { expectRefused, seqtag } from './world.ts';

it.each(['zsh', 'fish', 'powershell'])('prints a script for %s', async (shell) => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    const { code, stderr } = await seqtag(['completion', shell]);
    expect([code, stderr]).toEqual([0, '']);
    expect(log.mock.calls.join('\n')).toMatch(/seqtag complete '?--'? /);
  } finally {
    log.mockRestore();
  }
});

it('lists the shells once in its help', async () => {
  const { stdout } = await seqtag(['completion', '--help']);
  expect(stdout.split('Options:')[0]!.match(/powershell/g)).toHaveLength(1);
});

it('refuses another shell', async () => {
  expectRefused(
    await seqtag(['completion', 'bsh']),
    /shell bsh: expected one of bash, .* Did you mean bash\?$/m,
  );
  expectRefused(await seqtag(['completion']), /completion: no shell\. Usage: seqtag completion/);
});

it.skipIf(process.platform === 'win32')('completes in bash', async () => {
  const { stdout: script } = await seqtag(['completion', 'bash']);
  const complete = (...words: string[]): string[] => {
    const command = `
      seqtag() { printf '%s\\n' "$@" >&2; printf 'one\\tfirst\\ntwo words\\tsecond\\n:4\\n'; }
      ${script.replace('2> /dev/null)', ')')}
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _seqtag
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', command, 'bash', ...words], {
      encoding: 'utf8',
    });
    return [...stderr.trimEnd().split('\n'), '->', ...stdout.trimEnd().split('\n')];
  };
  expect(complete('seqtag', 'tag', '$(touch x)', 't')).toEqual([
    'complete',
    '--',
    'tag',
    '$(touch x)',
    't',
    '->',
    'one',
    'two words',
  ]);
});
