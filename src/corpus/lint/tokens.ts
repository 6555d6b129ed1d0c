import { quantity } from '../lines.ts';
import { type Finding, type Part, placeOf } from './finding.ts';

export function tokensWithSpaces(part: Part): Finding | undefined {
  return tokenFinding(part, {
    check: 'spaces-in-tokens',
    test: (token) => {
      if (token !== '' && token.trim() === '') return 'only white space';
      return /\S\s+\S/u.test(token) ? 'a space inside' : undefined;
    },
    remedy: 'Split such tokens, or check the separator of the columns.',
  });
}

/** What should not be in a token, and what it is called. */
const suspicious: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\ufffd/u, 'U+FFFD, which stands for bytes that were not decoded'],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  [/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/u, 'a control character'],
  [
    /Ã[\u0080-\u00bf]|â€[\u0080-\u2122]|Â[\u00a0-\u00bf]/u,
    'what looks like UTF-8 that was read as Latin-1',
  ],
  [/^(?:[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\u00ad]|\ufe0f)+$/u, 'nothing visible'],
  [/[\u200b\u2060\ufeff\u00ad]/u, 'an invisible character'],
  [/[\u00a0\u202f]/u, 'a no-break space'],
  [/[\ue000-\uf8ff]/u, 'a private-use character'],
];

export function suspiciousCharacters(part: Part): Finding | undefined {
  return tokenFinding(part, {
    check: 'suspicious-characters',
    test: (token) => {
      // most tokens are plain
      if (/^[\x21-\x7e]*$/.test(token)) return undefined;
      const found = suspicious.find(([pattern]) => pattern.test(token))?.[1];
      return found === 'a no-break space' && /\S[\u00a0\u202f]\S/u.test(token) ? undefined : found;
    },
    remedy: 'Check the encoding of the file.',
  });
}

function tokenFinding(
  { name, sentences }: Part,
  {
    check,
    test,
    remedy,
  }: { check: string; test: (token: string) => string | undefined; remedy: string },
): Finding | undefined {
  let count = 0;
  let first = '';
  const known = new Map<string, string | undefined>();
  for (const sentence of sentences)
    for (const [t, token] of sentence.tokens.entries()) {
      if (!known.has(token)) known.set(token, test(token));
      const problem = known.get(token);
      if (problem === undefined) continue;
      count++;
      first ||= `${placeOf(name, sentence, t)}: the token ${JSON.stringify(token.slice(0, 40))} has ${problem}`;
    }
  if (count === 0) return undefined;
  const more = count > 1 ? `; ${quantity(count - 1, 'more such token')}` : '';
  return { check, severity: 'warning', count, message: `${first}${more}. ${remedy}` };
}
