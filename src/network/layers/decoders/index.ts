import type { NetworkConfig } from '../../config.ts';
import { constrained } from './constrained.ts';
import { crf, crfTablesSize } from './crf.ts';
import type { CreateDecoder } from './decoder.ts';
import { softmax } from './softmax.ts';

/** The decoders, by name. */
export const decoders: Readonly<Record<NetworkConfig['decoder'], CreateDecoder>> = {
  softmax,
  crf,
  constrained,
};

/** Size of the tables of a head of K tags, in numbers. */
export function decoderTablesSize(
  { decoder }: NetworkConfig,
  { K, isConstrained, panelWidth }: { K: number; isConstrained: boolean; panelWidth: number },
): number {
  const findsPaths = decoder === 'crf' || (decoder === 'constrained' && isConstrained);
  return findsPaths ? crfTablesSize(panelWidth, K) : 0;
}
