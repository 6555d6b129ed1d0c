/**
 * Hyperparameters of a network and its training. A missing value comes from the recipe, else from the default. `seqtag
 * train --help` lists ranges and defaults.
 */
export interface Hyperparameters {
  /** Defaults for plain tags or for spans. `auto`: chosen by the tags of the corpus. */
  readonly recipe?: 'auto' | 'pos' | 'spans' | 'chunks' | undefined;
  /** Width of the word embedding. */
  readonly wordDim?: number | undefined;
  /** Keep the initial word embedding unchanged. */
  readonly freeze?: boolean | undefined;
  /** Epochs of learning word vectors from the text of the corpus; 0 for none. Without effect with pretrained vectors. */
  readonly ownVectors?: number | undefined;
  /** Number of pretrained vectors to keep from the beginning of their file. */
  readonly keepVectors?: number | undefined;
  /** Bits of each number of the pretrained vectors. */
  readonly vectorBits?: '8' | '16' | undefined;
  /** Encoder of the characters of a word. */
  readonly charEncoder?: 'cnn' | 'lstm' | 'none' | undefined;
  /** Width of the character embedding. */
  readonly charDim?: number | undefined;
  /** Filter width of the character CNN: an odd number of characters. */
  readonly charWidth?: number | undefined;
  /** Number of filters of the CNN. */
  readonly charFilters?: number | undefined;
  /** Units in each direction of the character LSTM. */
  readonly charHidden?: number | undefined;
  /** Hashed features of the word form: `none`, `all`, or names joined by commas. */
  readonly features?: string | undefined;
  /** Hash buckets for each group of features. */
  readonly featureBuckets?: number | undefined;
  /** Width of the embedding of each group of features. */
  readonly featureDim?: number | undefined;
  /** Width of the embedding of each feature column and of gazetteer matches. */
  readonly columnDim?: number | undefined;
  /** Probability of ignoring a gazetteer match in training. */
  readonly gazetteerDropout?: number | undefined;
  /** Recurrent cell: `lstm`, `peephole`, `coupled`, `gru`, `rnn`, `depth-gated` or `clockwork`. */
  readonly cell?: string | undefined;
  /** Activation of the cell `rnn`. */
  readonly activation?: 'tanh' | 'relu' | undefined;
  /** Periods of the modules of the cell `clockwork`: ascending whole numbers joined by commas. */
  readonly periods?: string | undefined;
  /** Reading directions of the layers. */
  readonly direction?: 'both' | 'forward' | 'backward' | undefined;
  /** How the two directions are merged. */
  readonly merge?: 'concat' | 'sum' | 'mean' | 'product' | undefined;
  /** Number of stacked recurrent layers. */
  readonly layers?: number | undefined;
  /** Residual connections around the layers above the first. */
  readonly residual?: boolean | undefined;
  /** Highway connections around the layers above the first. */
  readonly highway?: boolean | undefined;
  /** Units in each direction of each layer. */
  readonly hidden?: number | undefined;
  /** Number of dense tanh layers before the output layer. */
  readonly dense?: number | undefined;
  /** `softmax`, `crf`, or `constrained`: the best path that the tag scheme allows. */
  readonly decoder?: 'softmax' | 'crf' | 'constrained' | undefined;
  /** Penalty on a tag after training, for recall: `auto`, a number of nats for `O`, or `TAG=NATS`. */
  readonly biasRecall?: string | undefined;
  /** Initial bias of the forget gate. */
  readonly forgetBias?: number | undefined;
  /** Weight of the loss of the language models, which exist only in training. 0: none. */
  readonly lmWeight?: number | undefined;
  /** Number of frequent words that the language models tell apart. */
  readonly lmWords?: number | undefined;
  /** Width of the hidden layer of the language models. */
  readonly lmDim?: number | undefined;
  /** Dropout probability of the input of each layer. */
  readonly dropout?: number | undefined;
  /** Dropout probability of the input of the output layer. */
  readonly outputDropout?: number | undefined;
  /** Dropout probability of the recurrent state. */
  readonly recurrentDropout?: number | undefined;
  /** Probability of replacing a word by the unknown word. */
  readonly wordDropout?: number | undefined;
  /** Probability of replacing a character by the unknown character. */
  readonly charDropout?: number | undefined;
  /** Probability of replacing a word that occurs once by the unknown word. */
  readonly unknownProbability?: number | undefined;
  /** Words that occur less often are unknown. */
  readonly minCount?: number | undefined;
  /** Ignore the case of words; characters keep it. */
  readonly lowercase?: boolean | undefined;
  /** Scheme in which span tags are trained. `auto`: BIOES. */
  readonly tagScheme?: 'auto' | 'corpus' | 'BIO' | 'BIOES' | undefined;
  /** Labels may be `?` (unknown) or `NN|VB` (one of these). */
  readonly partial?: boolean | undefined;
  /** Loss weights of tags: `TAG=WEIGHT,...` */
  readonly tagWeight?: string | undefined;
  /** Label smoothing: probability moved from gold to other tags. */
  readonly labelSmoothing?: number | undefined;
  readonly optimizer?: 'sgd' | 'adam' | 'adamw' | undefined;
  /** Learning rate at the start. */
  readonly learningRate?: number | undefined;
  /** Schedule `inverse`: in epoch e the learning rate is divided by 1 + decay * e. */
  readonly decay?: number | undefined;
  /** Schedule `plateau`: factor on the learning rate. */
  readonly plateauFactor?: number | undefined;
  /** Schedule `plateau`: epochs without a better score before the factor is applied. */
  readonly plateauPatience?: number | undefined;
  /** Momentum of SGD, beta1 of Adam. */
  readonly momentum?: number | undefined;
  /** beta2 of Adam. */
  readonly beta2?: number | undefined;
  /** epsilon of Adam. */
  readonly epsilon?: number | undefined;
  /** Weight decay of the dense weights (`adamw`, `sgd`). */
  readonly weightDecay?: number | undefined;
  /** Truncation of backpropagation through time: `full`, `regular:K` or `random:P`. */
  readonly bptt?: string | undefined;
  /** Gradient clipping: `norm:X`, `value:X` or `none`. */
  readonly clip?: string | undefined;
  /** Sentences in a batch. 0: chosen by the size of the corpus. */
  readonly batchSize?: number | undefined;
  /** Batches whose gradients are summed for one update. */
  readonly accumulate?: number | undefined;
  /** Schedule of the learning rate. */
  readonly schedule?: 'inverse' | 'cosine' | 'plateau' | 'constant' | undefined;
  /** Updates over which the learning rate rises from 0. */
  readonly warmup?: number | undefined;
  /** Epochs over which the weights are averaged. */
  readonly averageEpochs?: number | undefined;
  /** Maximum number of epochs. */
  readonly epochs?: number | undefined;
  /** Epochs without a better score on the development data before training stops. */
  readonly patience?: number | undefined;
  /** Ensemble size: number of networks, trained with different seeds, whose scores are averaged. */
  readonly ensemble?: number | undefined;
  /** Finally train on the development data too, for the best number of epochs. Default: true without `dev`. */
  readonly refit?: boolean | undefined;
  /** Random seed. */
  readonly seed?: number | undefined;
}
