import { type BackendOptions, openBackend } from '../backend/backend.ts';
import { lexiconSize } from '../corpus/lemmas/lexicon.ts';
import { applyScript, parseScript } from '../corpus/lemmas/script.ts';
import { type Scheme, tagParts } from '../corpus/tags/scheme.ts';
import { phenomena, phenomenonNames, type Tokenization } from '../corpus/text/tokenization.ts';
import { columnNames } from '../model/column-names.ts';
import { type TagColumnJson, tagColumnsJson } from '../model/metadata.ts';
import { countParameters } from '../model/model.ts';
import { type ModelFile, modelName, openModel } from '../model/model-file.ts';
import { cellOf } from '../network/cells/index.ts';
import type { NetworkConfig } from '../network/config.ts';
import { factRows, type Page, recordText } from './inspect-record.ts';
import { printable } from './printable.ts';
import { bytes, counted, number, table } from './table.ts';

/** What `seqtag inspect` reports about a model, and the backend that it would run on here. */
export interface ModelFacts extends Pick<ModelFile, 'config' | 'record' | 'path' | 'bytes'> {
  readonly kind: 'model';
  /** The tag columns, as model files have them, but with the number of words of lexicons. */
  readonly tasks: readonly (Omit<TagColumnJson, 'lexicon'> & { readonly lexicon?: number })[];
  readonly name: string;
  readonly parameters: number;
  readonly vocabulary: {
    readonly words: number;
    readonly chars: number;
    /** The tags of each tag column. */
    readonly tags: readonly (readonly string[])[];
    readonly lowercase: boolean;
    /** How raw text is cut into tokens. */
    readonly tokenization?: Tokenization;
    /** Pretrained word vectors: their number, width, and bits of each number. */
    readonly vectors?: { readonly rows: number; readonly dim: number; readonly bits: number };
    /** Feature columns, with their number of values. */
    readonly columns?: readonly { readonly column: string; readonly values: number }[];
    /** The types of the gazetteers, and their number of phrases; a phrase of two types counts twice. */
    readonly gazetteer?: { readonly types: readonly string[]; readonly phrases: number };
  };
  readonly backend: { readonly kind: string; readonly isa: string; readonly threads: number };
}

export async function modelFacts(file: string, compute: BackendOptions): Promise<ModelFacts> {
  using model = openModel(file);
  model.verify();
  const { config, tagColumns, record, path, bytes, vocabulary } = model;
  const backend = openBackend(compute);
  try {
    return {
      kind: 'model',
      name: modelName(model),
      path,
      bytes,
      parameters: countParameters(config),
      config,
      vocabulary: {
        words: vocabulary.words.length,
        chars: vocabulary.chars.length,
        tags: vocabulary.tags,
        lowercase: vocabulary.lowercase,
        ...(vocabulary.tokenization && { tokenization: vocabulary.tokenization }),
        ...vectorFacts(vocabulary),
        ...tokenFacts(vocabulary),
      },
      tasks: tagColumnsJson(tagColumns).map(({ lexicon, ...column }) => ({
        ...column,
        ...(lexicon && { lexicon: lexiconSize(lexicon) }),
      })),
      record,
      backend: { kind: backend.kind, isa: backend.isa, threads: backend.pool.threads },
    };
  } finally {
    await backend.pool.close();
  }
}

const vectorFacts = ({
  vectors,
}: ModelFile['vocabulary']): Pick<ModelFacts['vocabulary'], 'vectors'> =>
  vectors
    ? {
        vectors: {
          rows: vectors.lengths.length,
          dim: vectors.dim,
          bits: 8 * vectors.values.BYTES_PER_ELEMENT,
        },
      }
    : {};

function tokenFacts({
  tokenFeatures,
}: ModelFile['vocabulary']): Pick<ModelFacts['vocabulary'], 'columns' | 'gazetteer'> {
  const { columns = [], gazetteer } = tokenFeatures ?? {};
  return {
    ...(columns.length > 0 && {
      columns: columns.map(({ column, values }) => ({
        column: String(column),
        values: values.length - 1,
      })),
    }),
    ...(gazetteer && {
      gazetteer: { types: gazetteer.types, phrases: gazetteer.phrases.length },
    }),
  };
}

const typesIn = (tags: Iterable<string>, scheme: Scheme): string[] => [
  ...new Set(
    [...tags].flatMap((tag) => {
      const { role, type } = tagParts(tag, scheme);
      return role === 'outside' ? [] : [type || '(no type)'];
    }),
  ),
];

/** A description for people, in lines of at most `columns` characters. */
export function modelText(facts: ModelFacts, { style, columns }: Page): string {
  const { config, tasks, record, vocabulary, backend } = facts;
  const row = (name: string, value: string) => [name, value] as const;
  const isPlain = tasks.every(({ scheme }) => scheme === 'none');
  const { format, tokenColumn } = tasks[0]!;
  const trainedOn = [format, ...(tokenColumn === undefined ? [] : [`token column ${tokenColumn}`])];
  const names = columnNames({ tagColumns: tasks, vocabulary });
  const head = table(
    factRows(
      [
        ...Object.entries(record.about ?? {}).flatMap(([name, value]) =>
          [value].flat().map((text, i) => row(i === 0 ? name : '', text)),
        ),
        row('file', `${facts.path}, ${bytes(facts.bytes)}`),
        ...tasks.map((tagColumn, c) =>
          row(
            'tags',
            (tasks.length > 1 ? `${names[c]}: ` : '') + tagsText(tagColumn, vocabulary.tags[c]!),
          ),
        ),
        row(
          'vocabulary',
          `${number(vocabulary.words)} words${vocabulary.lowercase ? ' (lower case)' : ''}, ${number(vocabulary.chars)} characters`,
        ),
        ...(vocabulary.vectors ? [row('vectors', vectorsText(vocabulary.vectors))] : []),
        ...(vocabulary.columns ?? []).map(({ column, values }) =>
          row('features', `column ${column}, ${counted(values, 'value')}`),
        ),
        ...(vocabulary.gazetteer
          ? [
              row(
                'gazetteer',
                `${counted(vocabulary.gazetteer.phrases, 'phrase')} of ${vocabulary.gazetteer.types.join(', ')}`,
              ),
            ]
          : []),
        ...(vocabulary.tokenization
          ? [row('raw text', tokenizationText(vocabulary.tokenization))]
          : []),
        row('network', networkText(config)),
        row('size', counted(facts.parameters, 'parameter')),
        row('trained on', trainedOn.join(', ')),
        row('runs on', `${backend.kind} ${backend.isa}, ${counted(backend.threads, 'thread')}`),
      ],
      { style, columns },
    ),
    { align: 'l' },
  );
  const title = `${style.bold(printable(facts.name))}  ${style.dim(isPlain ? 'a tagger' : 'a tagger of spans')}`;
  return `${title}\n\n${head}\n${recordText(facts, { names, style, columns })}`;
}

/** What is cut into several tokens, by examples: `splits well-known, don't; keeps and/or, $10`. */
function tokenizationText({ treatments }: Tokenization): string {
  const examples = (wanted: 'keep' | 'split'): string =>
    phenomenonNames
      .filter((name) => (treatments[name] ?? phenomena[name].otherwise) === wanted)
      .map((name) => phenomena[name].example.split(', ')[0])
      .join(' ');
  return `splits ${examples('split') || 'nothing'}; keeps ${examples('keep') || 'nothing'}`;
}

const vectorsText = ({
  rows,
  dim,
  bits,
}: NonNullable<ModelFacts['vocabulary']['vectors']>): string =>
  `${counted(rows, 'word')}, ${counted(dim, 'number')} of ${bits} bits each`;

function networkText(config: NetworkConfig): string {
  const characters = {
    cnn: `, ${config.charFilters} character filters of width ${config.charWidth}`,
    lstm: `, character LSTM of ${config.charHidden} per direction`,
    none: '',
  }[config.charEncoder];
  const members = config.members > 1 ? `${config.members} networks: ` : '';
  const vectors = config.vectorDim === undefined ? '' : `, vectors of ${config.vectorDim}`;
  return `${members}words of ${config.wordDim}${vectors}${characters}, ${recurrentText(config)}`;
}

/** The tags, or the span types and their scheme: `3 span types in BIO (trained as BIOES): LOC ORG PER`. */
function tagsText(
  { scheme, trainedScheme, tagColumn, lemmas, lexicon, examples = [] }: ModelFacts['tasks'][number],
  all: readonly string[],
): string {
  const where = tagColumn === undefined ? '' : ` (column ${tagColumn})`;
  if (lemmas) {
    const shown = examples.map((word, k) => exampleText(all[k]!, word));
    if (shown.length < all.length) shown.push('…');
    const words = lexicon ? `, lexicon of ${counted(lexicon, 'word')}` : '';
    return `${counted(all.length, 'edit script')}${words}${where}: ${shown.join('; ')}`;
  }
  if (scheme === 'none')
    return `${counted(all.length, 'plain tag')}${where}: ${[...all].sort().join(' ')}`;
  const types = typesIn(all, trainedScheme);
  const trained = trainedScheme === scheme ? '' : `, trained as ${trainedScheme}`;
  return `${counted(types.length, 'span type')} in ${scheme}${trained}${where}: ${types.sort().join(' ')}`;
}

/** For example `lower *-1 (Dogs, dog)`. */
const exampleText = (script: string, word: string): string =>
  `${script} (${word}, ${applyScript(parseScript(script)!, word) ?? word})`;

/** For example `2 bidirectional LSTM layers of 100 per direction, residual` or `1 GRU layer of 50, forward`. */
function recurrentText(config: NetworkConfig): string {
  const { cell, direction, merge, layers, between, hidden, dense } = config;
  const { title } = cellOf(config, layers - 1);
  const isBoth = direction === 'both';
  const stack = counted(layers, `${isBoth ? 'bidirectional ' : ''}${title} layer`);
  const more = [
    ...(isBoth && merge !== 'concat' ? [`directions joined by ${merge}`] : []),
    ...(isBoth ? [] : [direction]),
    ...(between !== 'none' && layers > 1 ? [between] : []),
    ...(cell === 'clockwork' ? [`periods ${config.periods.join(', ')}`] : []),
    ...(dense > 0 ? [counted(dense, 'dense layer')] : []),
  ];
  return [`${stack} of ${hidden}${isBoth ? ' per direction' : ''}`, ...more].join(', ');
}
