import { extname } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../errors.ts';
import { describeFile, readBytes } from '../files/read.ts';
import { findModel } from '../model/model-file.ts';
import type { Context } from './context.ts';
import { addNotes } from './help.ts';
import { openInput } from './input.ts';
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
  if (flags.format === undefined && (await isModel(file))) {
    const facts = await modelFacts(file, computeOptions(flags, context));
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
  const facts = await corpusFacts(source, { ...readOptions(flags, format, context), file: name });
  await out.write(
    flags.json
      ? `${JSON.stringify(facts)}\n`
      : corpusText(facts, { style, columns: textWidth(io) }),
  );
}

/** Whether a file is to be read as a model: by extension or content, or because it is the name of a bundled model. */
async function isModel(file: string): Promise<boolean> {
  if (file === '-') return false;
  const extension = extname(file).toLowerCase();
  if (extension === '.safetensors') return true;
  const kind = describeFile(file)?.kind;
  if (kind === undefined) return extension === '';
  if (kind === 'directory') return findModel(file) !== file;
  return kind === 'file' && startsLikeModel(file);
}

/** A safetensors file starts with the length of its header in 8 bytes, and `{`. */
async function startsLikeModel(file: string): Promise<boolean> {
  for await (const bytes of readBytes(file))
    return bytes.length > 8 && bytes[6] === 0 && bytes[7] === 0 && bytes[8] === 0x7b;
  return false;
}
