import { scriptsByWord } from '../../corpus/lemmas/lexicon.ts';
import type { Vocabulary } from '../../corpus/vocabulary.ts';
import { columnNames } from '../../model/column-names.ts';
import type { TagColumn } from '../../model/model.ts';
import type { NetworkConfig } from '../../network/config.ts';
import type { CarriedOver, InitialRows } from '../events.ts';
import type { InitialModel } from './initial-model.ts';
import { type Origin, originOf } from './initial-values.ts';

/** How a training continues a model. */
export interface Continuation {
  readonly model: InitialModel;
  readonly origin: Origin;
  /** For each tag column the words of the model's lexicon with their edit scripts. */
  readonly lexicons: readonly (ReadonlyMap<string, readonly string[]> | undefined)[];
  /** What it takes from the model. */
  readonly report: InitialRows;
}

/**
 * @param corpora the vocabulary of the corpora
 * @param heads for each tag column the column of the model that it continues; -1 if there is none
 */
export function continuationOf(
  model: InitialModel,
  options: {
    config: NetworkConfig;
    vocabulary: Vocabulary;
    corpora: Vocabulary;
    tagColumns: readonly TagColumn[];
    heads: readonly number[];
  },
): Continuation {
  const { config, vocabulary, corpora, tagColumns, heads } = options;
  const before = model.vocabulary;
  const names = columnNames({ tagColumns, vocabulary });
  const namesBefore = columnNames(model);
  const { columns = [] } = vocabulary.tokenFeatures ?? {};
  const columnsBefore = before.tokenFeatures?.columns ?? [];
  return {
    model,
    origin: originOf(model, { config, vocabulary }, heads),
    lexicons: heads.map((head) => {
      const lexicon = model.tagColumns[head]?.lexicon;
      return (
        lexicon &&
        new Map(
          [...scriptsByWord(lexicon)].map(([word, scripts]) => [
            word,
            scripts.map((script) => before.tags[head]![script]!),
          ]),
        )
      );
    }),
    report: {
      model: model.record.file,
      networks: model.config.members,
      words: carriedOver(before.words, vocabulary.words, corpora.words),
      chars: carriedOver(before.chars, vocabulary.chars, corpora.chars),
      ...(columns.length > 0 && {
        columns: columns.map(({ column, values }, c) => ({
          column: String(column),
          ...carriedOver(columnsBefore[c]?.values ?? [], values, values),
        })),
      }),
      tagColumns: heads.map((head, c) => ({
        name: names[c]!,
        from: namesBefore[head] ?? null,
        ...carriedOver(before.tags[head] ?? [], vocabulary.tags[c]!, corpora.tags[c]!),
      })),
    },
  };
}

/** Compares rows by their names. Rows without a name do not count. */
function carriedOver(
  before: readonly string[],
  now: readonly string[],
  corpora: readonly string[],
): CarriedOver {
  const [old, all, seen] = [before, now, corpora].map((names) => new Set(names.filter(Boolean)));
  const kept = [...old!].filter((name) => all!.has(name));
  return {
    kept: kept.length,
    inCorpora: kept.filter((name) => seen!.has(name)).length,
    new: all!.size - kept.length,
    dropped: old!.size - kept.length,
  };
}
