import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../errors.ts';
import type { Context } from './context.ts';
import { addNotes } from './help.ts';
import { firstBytes, openInput } from './input.ts';
import { corpusFacts, corpusText } from './inspect-corpus.ts';
import { gradientText } from './inspect-gradients.ts';
import { modelFacts, modelText } from './inspect-model.ts';
import { textWidth } from './io.ts';
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

const examples = [
  'seqtag inspect model.safetensors',
  'seqtag inspect model.safetensors --gradients',
  'seqtag inspect en-ner --json | jq .record.dev',
  'seqtag inspect corpus.conllu --tag-column xpos',
];

/** `seqtag inspect`: what is in a model or a corpus. */
export function defineInspect(command: Command, context: Context): void {
  command
    .description(
      'Describes a model (size, tags, training record) or a corpus (size, columns, tags).',
    )
    .argument(
      '<file>',
      'a model file, a bundled model (en-upos, en-ner), or a corpus; - is standard input',
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
    .option('--json', 'print one JSON object');
  addCompute(command);
  addColor(command, context);
  addNotes(command, { io: context.io, examples });
  command.action((file: string, flags: InspectFlags) => inspectCommand({ file, flags }, context));
}

async function inspectCommand(
  { file, flags }: { file: string; flags: InspectFlags },
  context: Context,
): Promise<void> {
  const { io, out } = context;
  const style = await styleOf('stdout', context);
  if (flags.format === undefined && (await looksLikeModel(file))) {
    const facts = await modelFacts(file, computeOptions(flags));
    const text = flags.gradients
      ? gradientText(facts.record, { path: facts.path, style })
      : modelText(facts, style);
    await out.write(flags.json ? `${JSON.stringify(facts)}\n` : text);
    return;
  }
  if (flags.gradients)
    throw new UserError(`${file}: a corpus has no gradients. Give a model to --gradients.`, {
      code: 'SEQTAG_OPTION_CONFLICT',
    });
  const { source, name, format } = await openInput(file, { io, format: flags.format });
  const facts = await corpusFacts(source, { ...readOptions(flags, format), file: name });
  await out.write(
    flags.json
      ? `${JSON.stringify(facts)}\n`
      : corpusText(facts, { style, columns: textWidth(io) }),
  );
}

/** A safetensors file starts with a length of 8 bytes and `{`. A bundled model is a name without extension, and not a file. */
async function looksLikeModel(file: string): Promise<boolean> {
  if (file === '-') return false;
  const extension = extname(file).toLowerCase();
  if (extension === '.safetensors') return true;
  if (!existsSync(file)) return extension === '';
  const start = (await firstBytes(file)).subarray(0, 9);
  return start.length === 9 && start[8] === 123 && start[6] === 0 && start[7] === 0;
}
