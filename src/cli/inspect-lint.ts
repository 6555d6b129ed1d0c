import { basename } from 'node:path';
import { type ReadOptions, readCorpus } from '../corpus/index.ts';
import { type Finding, lint, type Part, type Role } from '../corpus/lint/lint.ts';
import type { Scheme } from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import type { Input } from './input.ts';
import { oneLine, printable } from './printable.ts';
import { corpusFlags, withFlags } from './remedies.ts';
import type { Style } from './style.ts';
import { counted } from './table.ts';

/** What `seqtag inspect --lint` reports. */
export interface LintFacts {
  readonly kind: 'lint';
  readonly files: readonly {
    readonly role: Role;
    readonly file: string;
    readonly sentences: number;
    readonly tokens: number;
  }[];
  readonly findings: readonly Finding[];
}

const roles: readonly Role[] = ['train', 'dev', 'test'];

/** What a part is for by a word in its file's name; undefined if there is none. */
function roleByName(file: string): Role | undefined {
  const words = basename(file)
    .toLowerCase()
    .split(/[^a-z]+/);
  if (words.some((word) => /^train/.test(word))) return 'train';
  if (words.some((word) => /^(?:dev|devel|valid|validation|val|testa)$/.test(word))) return 'dev';
  return words.some((word) => /^(?:test|testb|eval)$/.test(word)) ? 'test' : undefined;
}

/**
 * What each file is for: by its name, if the names of all tell and just one is for training. Otherwise the first is for training, the
 * second for development, and the others for the test.
 */
export function rolesOf(files: readonly string[]): readonly Role[] {
  const named = files.map(roleByName);
  const isTold = named.every(Boolean) && named.filter((role) => role === 'train').length === 1;
  return isTold ? (named as readonly Role[]) : files.map((_, i) => roles[i] ?? 'test');
}

/** Reads corpora and checks them. */
export async function lintFacts(
  inputs: readonly (Input & { readonly read: ReadOptions })[],
  { fromScheme }: { fromScheme: Scheme | undefined },
): Promise<LintFacts> {
  const parts: Part[] = [];
  const found = rolesOf(inputs.map(({ name }) => name));
  for (const [i, { source, name, read }] of inputs.entries()) {
    const sentences = await readCorpus(source, { ...read, file: name, gold: true });
    if (sentences.length === 0)
      throw new UserError(`${name}: no sentences. Is the file empty, or the format wrong?`, {
        code: 'SEQTAG_CORPUS_EMPTY',
      });
    parts.push({ role: found[i]!, name, sentences });
  }
  return {
    kind: 'lint',
    files: parts.map(({ role, name, sentences }) => ({
      role,
      file: name,
      sentences: sentences.length,
      tokens: sentences.reduce((sum, { tokens }) => sum + tokens.length, 0),
    })),
    findings: lint(parts, { fromScheme }),
  };
}

export function lintText({ files, findings }: LintFacts, style: Style): string {
  const heads = files.map(
    ({ role, file, sentences, tokens }) =>
      `${style.dim(role.padEnd(6))} ${style.bold(printable(file))}  ${style.dim(`${counted(sentences, 'sentence')}, ${counted(tokens, 'token')}`)}\n`,
  );
  const lines = findings.map(({ check, severity, message }) => {
    const name = severity.padEnd(8);
    const shown = severity === 'error' ? style.bold(name) : style.dim(name);
    return `${shown} ${oneLine(withFlags(message, corpusFlags))} ${style.dim(`[${check}]`)}\n`;
  });
  const countOf = (severity: Finding['severity']): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const total = `${counted(countOf('error'), 'error')}, ${counted(countOf('warning'), 'warning')}, ${counted(countOf('note'), 'note')}\n`;
  return `${heads.join('')}\n${lines.join('')}${lines.length > 0 ? '\n' : ''}${total}`;
}
