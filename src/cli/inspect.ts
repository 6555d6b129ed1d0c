import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../errors.ts';
import type { Context } from './context.ts';
import { corpusFacts, corpusText } from './corpus-facts.ts';
import { gradientText } from './gradients.ts';
import { openInput, sampleOf } from './input.ts';
import { modelFacts, modelText } from './model-facts.ts';
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
  format?: (typeof inputFormats)[number];
  gradients?: boolean;
  json?: boolean;
}

const examples = `
Examples:
  $ seqtag inspect model.safetensors
  $ seqtag inspect model.safetensors --gradients
  $ seqtag inspect en-ner --json | jq .record.dev
  $ seqtag inspect corpus.conllu --tag-column xpos`;

/** `seqtag inspect`: what a model or a corpus is. */
export function defineInspect(command: Command, context: Context): void {
  command
    .description(
      'Says what is in a model (sizes, tags, how it was trained) or in a corpus (sizes, columns, tags).',
    )
    .argument('<file>', 'a model, the name of a bundled one, or a corpus; - is standard input')
    .addOption(
      choice(
        '--format <format>',
        'of a corpus: % (default: by extension, else found by looking)',
        inputFormats,
      ),
    );
  addColumns(command, {
    tag: 'of a corpus: column of the tag (default: the last; conllu: upos; csv: by header)',
  });
  command
    .option('--gradients', 'of a model: plots how gradients vanish or explode over distance')
    .option('--json', 'one JSON object');
  addCompute(command);
  addColor(command, context);
  command
    .addHelpText('after', examples)
    .action((file: string, flags: InspectFlags) => inspectCommand({ file, flags }, context));
}

async function inspectCommand(
  { file, flags }: { file: string; flags: InspectFlags },
  context: Context,
): Promise<void> {
  const { io, out } = context;
  const style = await styleOf('stdout', context);
  if (flags.format === undefined && looksLikeModel(file)) {
    const facts = await modelFacts(file, computeOptions(flags));
    const text = flags.gradients
      ? gradientText(facts.record, { path: facts.path, style })
      : modelText(facts, style);
    await out.write(flags.json ? `${JSON.stringify(facts)}\n` : text);
    return;
  }
  if (flags.gradients)
    throw new UserError(`${file}: a corpus has no gradients. Give a model to --gradients.`);
  const { source, name, format } = await openInput(file, { io, format: flags.format });
  const facts = await corpusFacts(source, { ...readOptions(flags, format), file: name });
  await out.write(
    flags.json ? `${JSON.stringify(facts)}\n` : corpusText(facts, { style, columns: io.columns }),
  );
}

/** A name without extension that is no file may be a bundled model; a safetensors file begins with a length and `{`. */
function looksLikeModel(file: string): boolean {
  if (file === '-') return false;
  const extension = extname(file).toLowerCase();
  if (extension === '.safetensors') return true;
  if (!existsSync(file)) return extension === '';
  const start = sampleOf(file).subarray(0, 9);
  return start.length === 9 && start[8] === 123 && start[6] === 0 && start[7] === 0;
}
