import type { Command } from 'commander';
import { type Scheme, schemeNamed } from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import { bundledText } from '../model/bundled.ts';
import type { Context } from './context.ts';
import { addNotes, usageText } from './help.ts';
import { openInput, openLabelled } from './input.ts';
import { corpusFacts, corpusText } from './inspect-corpus.ts';
import { gradientText } from './inspect-gradients.ts';
import { lintFacts, lintText } from './inspect-lint.ts';
import { modelFacts, modelText } from './inspect-model.ts';
import { textWidth } from './io.ts';
import { isModel } from './is-model.ts';
import {
  addColor,
  addColumns,
  addCompute,
  type ColumnOptions,
  type ComputeOptions,
  choice,
  computeOptions,
  inputFormats,
  readOptions,
} from './options.ts';
import { styleOf } from './style.ts';

interface InspectFlags extends ColumnOptions, ComputeOptions {
  engines?: boolean;
  format?: (typeof inputFormats)[number];
  gradients?: boolean;
  json?: boolean;
  lint?: boolean;
  fromScheme?: string;
}

const examples = [
  'seqtag inspect model.safetensors',
  'seqtag inspect model.safetensors --gradients',
  'seqtag inspect en-ner --json | jq .record.dev',
  'seqtag inspect corpus.conllu --tag-column xpos',
  'seqtag inspect --engines',
  'seqtag inspect --lint train.conll dev.conll test.conll',
];

/** `seqtag inspect`: what is in a model or a corpus. */
export function defineInspect(command: Command, context: Context): void {
  command
    .description(
      'Describes a model (size, tags, training record) or a corpus (size, columns, tags).',
    )
    .argument(
      '[file...]',
      `a model file, a bundled model (${bundledText}), or a corpus; - or none: standard input; with --lint several corpora: train, dev, test`,
    )
    .addOption(
      choice(
        '--format <format>',
        'corpus: input format: % (default: by extension, or by content)',
        inputFormats,
      ),
    );
  addColumns(command, {
    tag: 'corpus: column of the tags (default: the last; conllu: upos; csv: by header)',
  });
  command
    .option(
      '--gradients',
      'model: plot how gradients vanish or explode with the distance in tokens',
    )
    .option(
      '--lint',
      'corpus: look for mistakes; the exit code is 1 if one makes a worthless model',
    )
    .option(
      '--from-scheme <scheme>',
      'corpus: tag scheme; IO: PER PER O, where a run of one label is a span (default: by the tags)',
    )
    .option('--engines', 'print the engines, and whether each works on this machine')
    .option('--json', 'print one JSON object');
  addCompute(command);
  addColor(command, context);
  addNotes(command, { io: context.io, examples });
  command.action((given: string[], flags: InspectFlags) => {
    if (flags.engines) return enginesCommand(given, flags, context);
    if (given.length === 0 && context.io.isTerminal.stdin)
      throw new UserError(`inspect: no file. ${usageText(command)}`, { code: 'SEQTAG_OPTION' });
    const files = given.length === 0 ? ['-'] : given;
    if (flags.lint) return lintCommand({ files, flags }, context);
    const [file, other] = files as [string, ...string[]];
    if (other !== undefined)
      throw new UserError(
        `inspect: ${files.length} files, expected one. Several are read with --lint: train, dev, test.`,
        { code: 'SEQTAG_OPTION' },
      );
    return inspectCommand({ file, flags }, context);
  });
}

async function inspectCommand(
  { file, flags }: { file: string; flags: InspectFlags },
  context: Context,
): Promise<void> {
  const { io, out } = context;
  const style = await styleOf('stdout', context);
  if (flags.format === undefined && (await isModel(file))) {
    const facts = await modelFacts(file, computeOptions(flags, context));
    const text = flags.gradients
      ? gradientText(facts.record, { path: facts.path, style })
      : modelText(facts, {
          style,
          // whole lines for `grep`
          columns: io.isTerminal.stdout ? textWidth(io) : Number.POSITIVE_INFINITY,
        });
    await out.write(flags.json ? `${JSON.stringify(facts)}\n` : text);
    return;
  }
  if (flags.gradients)
    throw new UserError(`${file}: a corpus has no gradients. Give a model to --gradients.`, {
      code: 'SEQTAG_OPTION_CONFLICT',
    });
  const { source, name, format } = await openInput(file, { io, format: flags.format });
  const facts = await corpusFacts(source, {
    ...readOptions(flags, format, context),
    file: name,
    fromScheme: askedScheme(flags),
  });
  await out.write(
    flags.json
      ? `${JSON.stringify(facts)}\n`
      : corpusText(facts, { style, columns: textWidth(io) }),
  );
}

async function enginesCommand(
  given: readonly string[],
  flags: InspectFlags,
  context: Context,
): Promise<void> {
  if (given.length > 0)
    throw new UserError(`--engines with ${given[0]}: engines are not in a file. Leave one out.`, {
      code: 'SEQTAG_OPTION_CONFLICT',
    });
  const { engineFacts, engineText } = await import('./inspect-engines.ts');
  const engines = await engineFacts(computeOptions(flags, context));
  await context.out.write(flags.json ? `${JSON.stringify({ engines })}\n` : engineText(engines));
}

async function lintCommand(
  { files, flags }: { files: readonly string[]; flags: InspectFlags },
  context: Context,
): Promise<void> {
  const { io, out } = context;
  const inputs: Parameters<typeof lintFacts>[0][number][] = [];
  for (const file of files) {
    if (flags.format === undefined && (await isModel(file)))
      throw new UserError(`${file}: a model. --lint checks corpora.`, {
        code: 'SEQTAG_OPTION_CONFLICT',
      });
    const input = await openLabelled(file, { io, format: flags.format });
    inputs.push({ ...input, read: readOptions(flags, input.format, context) });
  }
  const facts = await lintFacts(inputs, { fromScheme: askedScheme(flags) });
  if (facts.findings.some(({ severity }) => severity === 'error')) context.exitCode = 1;
  await out.write(
    flags.json ? `${JSON.stringify(facts)}\n` : lintText(facts, await styleOf('stdout', context)),
  );
}

const askedScheme = ({ fromScheme }: InspectFlags): Scheme | undefined =>
  fromScheme === undefined ? undefined : schemeNamed(fromScheme);
