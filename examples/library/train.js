// Trains a small tagger and measures it: `node train.js TRAIN DEV TEST MODEL`.
import { evaluate, loadTagger, readSentences, train, writeCorpus } from 'seqtag';

const [corpora, dev, test, output] = process.argv.slice(2);
if (!corpora || !dev || !test || !output) throw new Error('usage: train.js TRAIN DEV TEST MODEL');

const training = train({
  corpora,
  dev,
  output,
  hyperparameters: { hidden: 32, epochs: 5 },
});
for await (const event of training)
  if (event.type === 'epoch')
    console.log(
      `epoch ${event.epoch}: loss ${event.loss.toFixed(3)}, F1 ${event.score.toFixed(3)}`,
    );
const { bestEpoch, score } = await training.result();
console.log(`epoch ${bestEpoch} is the best: F1 ${score.toFixed(3)}`);

const tagger = await loadTagger(output);
const { spans, accuracy } = await evaluate({ gold: test, predicted: tagger });
console.log(`test: accuracy ${accuracy?.toFixed(3)}, F1 ${spans?.f1?.toFixed(3)}`);

// Tags a corpus as it is read, and writes it as JSON lines.
const sentences = readSentences(test, { gold: false });
await writeCorpus(`${output}.jsonl`, tagger.tagStream(sentences));
await tagger.close();
