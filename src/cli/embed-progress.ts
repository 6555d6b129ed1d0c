import type { EmbeddingEvent } from '../embedding/embed.ts';
import { shellWord } from '../option-values.ts';
import type { Narrator } from './follow.ts';
import { printable } from './printable.ts';
import type { Style } from './style.ts';
import { bytes, type Cell, counted, duration, number, percent, table } from './table.ts';
import { factLines } from './training-summary.ts';

type Event<T extends EmbeddingEvent['type']> = Extract<EmbeddingEvent, { type: T }>;

/** Puts the training of word vectors into words: the text, a line for each epoch, the summary. */
export const embeddingNarrator = (style: Style): Narrator<EmbeddingEvent> => ({
  lines(event) {
    if (event.type === 'start') return startText(event, style);
    if (event.type === 'epoch') return epochLine(event, style);
    return event.type === 'end' ? endText(event, style) : '';
  },
  status(event) {
    if (event.type === 'read') return `reading  ${counted(event.tokens, 'token')}`;
    if (event.type === 'start') return `epoch ${event.resumed ?? 1} of ${event.epochs}`;
    if (event.type !== 'progress') return undefined;
    return [
      `epoch ${event.epoch} of ${event.epochs}`,
      `${Math.floor(event.done * 100)} %`,
      `loss ${lossText(event.loss)}`,
      `${number(event.tokensPerSecond)} tokens/s`,
      `${duration(event.secondsLeft)} left`,
    ].join('  ');
  },
});

const lossText = (loss: number | null): string => loss?.toFixed(4) ?? '–';

function startText(event: Event<'start'>, style: Style): string {
  const facts = table(
    [
      [['text', style.dim], counted(event.sentences, 'sentence'), counted(event.tokens, 'token')],
      [['words', style.dim], number(event.words), `${percent(event.covered)} % of the tokens`],
      [
        ['model', style.dim],
        counted(event.parameters, 'parameter'),
        `${event.backend}, ${counted(event.threads, 'thread')}`,
      ],
      ...(event.resumed === undefined
        ? []
        : [[['resumed', style.dim], '', `in epoch ${event.resumed}`] satisfies Cell[]]),
    ],
    { align: 'lrl' },
  );
  const head = `${'epoch'.padStart(9)}${'loss'.padStart(10)}${'tokens/s'.padStart(12)}${'time'.padStart(12)}${'left'.padStart(12)}`;
  return `${facts}\n${style.dim(head)}\n`;
}

function epochLine(event: Event<'epoch'>, style: Style): string {
  const place = `${event.epoch}/${event.epochs}`.padStart(9);
  const rest = `${number(event.tokensPerSecond).padStart(12)}${duration(event.seconds).padStart(12)}${duration(event.secondsLeft).padStart(12)}`;
  return `${place}${lossText(event.loss).padStart(10)}${style.dim(rest)}\n`;
}

function endText(event: Event<'end'>, style: Style): string {
  const stopped = event.stopped === 'signal' ? '; interrupted' : '';
  const vectors = printable(event.vectors);
  const facts: [string, string][] = [
    [
      'vectors',
      `${style.bold(vectors)} (${bytes(event.bytes)}, ${counted(event.words, 'word')} of ${number(event.dim)} numbers)`,
    ],
    ['time', `${duration(event.seconds)} (${number(event.tokensPerSecond)} tokens/s)${stopped}`],
    [
      'try',
      `seqtag train CORPUS --embeddings ${printable(shellWord(event.vectors))} -o model.safetensors`,
    ],
  ];
  return `\n${factLines(facts, style)}`;
}
