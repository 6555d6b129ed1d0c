import { crfDecode, crfScratchSize, packCrf } from './crf.ts';
import { type CreateDecoder, type Decoder, noDecoderMemory } from './decoder.ts';
import { softmax, tokenLoss } from './softmax.ts';

/** Trained like softmax. Decodes the best path over the transitions that the tag scheme allows. */
export const constrained: CreateDecoder = (context, options): Decoder => {
  const { panelWidth, decoders } = context;
  const { head, K } = options;
  const memory = decoders?.[head] ?? noDecoderMemory;
  if (!memory.tables) return softmax(context, options); // all transitions are allowed
  const crf = { K, transitions: 0, start: 0, end: 0, ...memory };
  return {
    hasPaths: true,
    scratchSize: ({ N, B, training }) => (training ? 0 : crfScratchSize(panelWidth, { N, B, K })),
    loss: tokenLoss(context, { head, K }),
    decode({ kernels, rows, T }, { best, score, logits, scratch }) {
      crfDecode(kernels, best, score, crf, { emissions: logits, gold: 0, scratch, rows, T });
    },
    pack: (kernels) => packCrf(kernels, crf),
  };
};
