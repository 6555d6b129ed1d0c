import { openBackend } from '../backend/backend.ts';
import { UserError } from '../errors.ts';
import { version } from '../files/package.ts';
import type { ComputeOptions, EngineName } from '../network/engines.ts';
import { table } from './table.ts';

/** What `seqtag inspect --engines` reports about an engine. */
export type EngineFacts = { readonly name: EngineName } & (
  | { readonly version: string; readonly device: string; readonly package?: string }
  /** Why it does not work here, and what to do. */
  | { readonly missing: string }
);

/** The engines, and whether each works on this machine. */
export async function engineFacts(compute: ComputeOptions): Promise<EngineFacts[]> {
  const backend = openBackend(compute);
  await backend.pool.close();
  const builtin = { name: 'builtin', version, device: `${backend.kind} ${backend.isa}` } as const;
  return [builtin, await tensorFlowFacts(compute)];
}

async function tensorFlowFacts(compute: ComputeOptions): Promise<EngineFacts> {
  const name = 'tensorflow';
  const { openTensorFlow } = await import('../network/tensorflow/package.ts');
  try {
    const { tf: _, threads: __, ...found } = openTensorFlow(compute);
    return { name, ...found };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { name, missing: error.message };
  }
}

/** One line for each engine. */
export const engineText = (engines: readonly EngineFacts[]): string =>
  table(
    engines.map((engine) =>
      'missing' in engine
        ? [engine.name, engine.missing]
        : [
            engine.name,
            `${engine.version}, ${engine.device}${engine.package ? ` (${engine.package})` : ''}`,
          ],
    ),
    { align: 'l' },
  );
