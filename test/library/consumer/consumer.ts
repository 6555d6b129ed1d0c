// A program that uses the whole interface, compiled under the strictest settings and without any other types.
import {
  convert,
  convertTags,
  DivergedError,
  detectScheme,
  embed,
  evaluate,
  formatCorpus,
  type Hyperparameters,
  loadTagger,
  type Offsets,
  type Report,
  readCorpus,
  readSentences,
  type Scheme,
  type Sentence,
  type Span,
  spansOf,
  sweep,
  type TaggedSentence,
  type TaggedText,
  type Tagger,
  type TrainingResult,
  tokenize,
  train,
  UserError,
  writeCorpus,
} from 'seqtag';

export async function tagging(): Promise<void> {
  const tagger: Tagger = await loadTagger('en-ner', { threads: 2, backend: 'wasm' });
  const sentences: TaggedText[] = tagger.tagText('Angela Merkel', { confidence: true, nBest: 2 });
  for (const { text, offsets, tokens, tokenOffsets, tags, spans, columns } of sentences) {
    const all: readonly Offsets[] = [offsets, ...tokenOffsets, ...spans.map((s) => s.offsets)];
    const words: readonly string[] = [text, ...tokens, ...tags, ...columns.map(({ name }) => name)];
    void [all, words];
  }
  const plain: TaggedSentence[] = tagger.tag([['a'], { tokens: ['b'], given: [['?']] }]);
  const confidence: number | undefined = plain[0]?.confidences?.[0];
  for await (const { tags } of tagger.tagStream([['a']])) void tags;
  for await (const { spans } of tagger.tagTextStream(['a ', new Uint8Array([98])])) void spans;
  const scheme: Scheme | undefined = tagger.model.tagColumns[0]?.scheme;
  await tagger.close();
  void [confidence, scheme];
}

export async function corpora(): Promise<void> {
  const sentences: Sentence[] = await readCorpus('a.conllu', { tagColumn: ['upos', 'xpos'] });
  for await (const { tokens, file, line } of readSentences('a.conllu')) void [tokens, file, line];
  await writeCorpus('b.jsonl', sentences, { tagColumn: ['upos', 'xpos'] });
  await convert('a.conll', 'b.jsonl', { scheme: 'BIOES' });
  const text: string = formatCorpus([{ tokens: ['a'], tags: ['O'] }], { format: 'conllu' });
  const spans: Span[] = spansOf(convertTags(['B-X'], 'BIO', 'BIOES'), 'BIOES');
  const found: Scheme = detectScheme([['B-X']]);
  void [text, spans, found, tokenize('a b').map(({ offsets }) => offsets.start)];
}

export async function training(): Promise<void> {
  const hyperparameters: Hyperparameters = { hidden: 50, cell: 'gru', decoder: 'crf' };
  const run = train({
    corpora: ['a', 'b'],
    output: 'm',
    hyperparameters,
    signal: { aborted: false },
  });
  for await (const event of run) {
    if (event.type === 'epoch') void event.dev[0]?.spans?.f1;
    else if (event.type === 'start') void event.train.tokens;
  }
  const { score }: TrainingResult = await run.result();
  const { rows } = await sweep({ corpora: 'a', output: 'm', values: { hidden: [1, 2] } }).result();
  const { words } = await embed({ texts: 'a.txt', output: 'v.vec', dim: 50 }).result();
  const tagger = await loadTagger('m');
  const report: Report = await evaluate({ gold: 'a', predicted: tagger, tagColumn: 'upos' });
  void [score, rows[0]?.dev.mean, words, report.accuracy];
}

export function errorText(error: unknown): string {
  if (error instanceof DivergedError) return 'diverged';
  if (error instanceof UserError)
    return error.code === 'SEQTAG_FILE_NOT_FOUND' ? 'no file' : error.code;
  return String(error);
}

// @ts-expect-error sentences are arrays of tokens
export const wrongSentences = (tagger: Tagger): unknown => tagger.tag('Angela Merkel');
// @ts-expect-error there is no such option
export const wrongOption = (): unknown => loadTagger('en-ner', { thread: 1 });
// @ts-expect-error nor such a hyperparameter
export const wrongHyperparameter: Hyperparameters = { hiden: 1 };
