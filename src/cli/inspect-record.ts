import { flagOf } from '../option-values.ts';
import { defaultHyperparameters } from '../training/hyperparameters.ts';
import { fold, foldCommand } from './help.ts';
import type { ModelFacts } from './inspect-model.ts';
import { dimmed } from './scores.ts';
import type { Style } from './style.ts';
import { type Cell, counted, percent, table } from './table.ts';
import { membersText, sizeText } from './training-summary.ts';

type Recorded = Pick<ModelFacts, 'record' | 'tasks'>;

export interface Page {
  readonly style: Style;
  /** The width of the text, in characters. */
  readonly columns: number;
}

/** The name of a fact, and its value in lines that fit beside it. */
export const factRows = (
  facts: readonly (readonly [name: string, value: string])[],
  { style, columns }: Page,
): Cell[][] => {
  const width = columns - 2 - Math.max(...facts.map(([name]) => name.length));
  return facts.flatMap(([name, value]) =>
    fold(value, Math.max(40, width))
      .split('\n')
      .map((line, i): Cell[] => [[i === 0 ? name : '', style.dim], line]),
  );
};

/** The hyperparameters that training would have used if none had been given. */
const defaultsFor = ({
  recipe,
  corpora,
}: Recorded['record']): Readonly<Record<string, unknown>> => ({
  ...{ ...defaultHyperparameters, ...recipe?.settings },
  refit: !corpora.some(({ role }) => role === 'dev'),
});

/** How a model was trained: the command, scores, files, hyperparameters and epochs. */
export function recordText(
  facts: Recorded,
  { names, style, columns }: Page & { names: readonly string[] },
): string {
  const { record } = facts;
  const row = (name: string, value: string) => [name, value] as const;
  const scoreName = record.dev.every(({ f1 }) => f1 === undefined) ? 'accuracy' : 'F1';
  const scores = (['dev', 'test'] as const).flatMap((role) =>
    (record[role] ?? []).map((score, c, all) => {
      const f1 = score.f1 === undefined ? '' : `F1 ${percent(score.f1)}, `;
      const when = role === 'dev' && record.refit ? ', before the refit' : '';
      const name = all.length > 1 ? `${role} ${names[c]}` : role;
      return row(name, `${f1}accuracy ${percent(score.accuracy)}${when}`);
    }),
  );
  const files = record.corpora.map(({ role, file, sentences, tokens, sha256 }): Cell[] => [
    [role, style.dim],
    file,
    counted(sentences, 'sentence'),
    counted(tokens, 'token'),
    [`sha256 ${sha256.slice(0, 16)}…`, style.dim],
  ]);
  const epochs = record.epochs.map(({ loss, score }, i): Cell[] => {
    const isBest = i + 1 === record.bestEpoch;
    const paint = isBest ? style.good : (text: string) => text;
    return [
      String(i + 1),
      loss.toFixed(4),
      [percent(score), paint],
      isBest ? ['best', style.good] : '',
    ];
  });
  return [
    `${style.dim('trained by')}\n${foldCommand(record.command, columns)}\n`,
    table(
      factRows(
        [
          ...(record.recipe
            ? [row('recipe', `${record.recipe.name}: ${record.recipe.reason}`)]
            : []),
          row('made by', `seqtag ${record.seqtag}, ${record.kernels}, seed ${record.seed}`),
          ...scores,
          ...(record.refit ? [row('refit', `on all ${sizeText(record.refit)}`)] : []),
          ...(record.teacher ? [row('teacher', teacherText(record.teacher))] : []),
          ...(record.init ? [row('begun with', initText(record.init))] : []),
          ...(record.members ? [row('members', membersText(record.members))] : []),
        ],
        { style, columns },
      ),
      { align: 'l' },
    ),
    table(files, { align: 'llrrl' }),
    ...settingsText(facts, style),
    table([dimmed(['epoch', 'loss', `dev ${scoreName}`, ''], style), ...epochs], { align: 'rrrl' }),
  ].join('\n');
}

/** The hyperparameters that differ from the defaults; empty if there are none. */
function settingsText({ record }: Recorded, style: Style): string[] {
  const defaults = defaultsFor(record);
  const rows = Object.entries(record.hyperparameters)
    .filter(([name, value]) => defaults[name] !== value)
    .map(([name, value]): Cell[] => [
      flagOf(name),
      String(value),
      [String(defaults[name] ?? '–'), style.dim],
    ]);
  if (rows.length === 0) return [];
  return [
    table([dimmed(['hyperparameter', 'value', 'default'], style), ...rows], { align: 'lrl' }),
  ];
}

const teacherText = ({
  file,
  sha256,
  weight,
}: NonNullable<ModelFacts['record']['teacher']>): string =>
  `${file}, weight ${weight}, sha256 ${sha256.slice(0, 16)}…`;

const initText = ({ file, sha256 }: NonNullable<ModelFacts['record']['init']>): string =>
  `the weights of ${file}, sha256 ${sha256.slice(0, 16)}…`;
