import { columnNames } from '../model/column-names.ts';
import { countParameters } from '../model/model.ts';
import type { Engine } from '../network/engine.ts';
import type { TrainingEvent } from './events.ts';
import { countTokens } from './labelled-corpus.ts';
import type { NumberedCorpus } from './numbered-corpus.ts';
import type { Prepared } from './prepare.ts';

/** The event before the first epoch. */
export function startEvent(
  prepared: Prepared,
  engine: Engine,
  run: { epochs: number; resumed?: { epoch: number; networks: number } | undefined },
): TrainingEvent {
  const { epochs, resumed } = run;
  const { hyperparameters: h, config, corpus, trainSentences, dev, tagColumn, tokens } = prepared;
  const { pretrained, features, gazetteers, heldOut, tagColumns, vocabulary } = prepared;
  const { recipe, teacherTargets, initial } = prepared;
  const names = columnNames({ tagColumns, vocabulary });
  const { kind, isa, threads } = engine.description;
  return {
    type: 'start',
    train: { sentences: trainSentences.length, tokens },
    dev: { sentences: dev.length, tokens: countTokens(dev), heldOut },
    words: config.words,
    chars: config.chars,
    tags: config.tags[0]!,
    scheme: tagColumn.scheme,
    tagColumns: tagColumns.map(({ scheme, trainedScheme, lemmas }, c) => ({
      name: names[c]!,
      tags: config.tags[c]!,
      scheme,
      trainedScheme,
      ...(lemmas && { lemmas }),
    })),
    parameters: countParameters({ ...config, members: h.ensemble }),
    backend: `${kind} ${isa}`,
    threads,
    epochs,
    ...(resumed && { resumed }),
    ...(initial && { init: initial.report }),
    ...(!teacherTargets && { recipe }),
    ...(pretrained && {
      pretrained: {
        rows: pretrained.vectors.scales.length,
        dim: pretrained.vectors.dim,
        bits: Number(h.vectorBits),
        error: pretrained.error,
        coverage: pretrained.coverage,
      },
    }),
    ...(features &&
      features.features.columns.length > 0 && {
        columns: features.features.columns.map(({ column, values }) => ({
          column: String(column),
          values: values.length - 1,
        })),
      }),
    ...(gazetteers && {
      gazetteer: {
        entries: gazetteers.files.reduce((sum, { entries }) => sum + entries, 0),
        types: gazetteers.gazetteer.types.length,
        matched: matchedFraction(corpus),
      },
    }),
  };
}

/** The fraction of the corpus's tokens in a gazetteer match. */
function matchedFraction({ sentences }: NumberedCorpus): number {
  let [matched, all] = [0, 0];
  for (const { tokens } of sentences) {
    const { matches, from, to } = tokens!;
    const found = new Set<number>();
    for (const match of matches)
      for (let t = Math.max(from, match.from); t < Math.min(to, match.to); t++) found.add(t);
    matched += found.size;
    all += to - from;
  }
  return matched / all;
}
