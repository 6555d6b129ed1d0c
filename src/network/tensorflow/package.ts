import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import util from 'node:util';
import { UserError } from '../../errors.ts';
import type { Tfjs } from './tfjs.ts';

/** The packages, best first: whoever installed the one for graphics processors has one. */
const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/** A TensorFlow that works. */
export interface TensorFlow {
  readonly tf: Tfjs;
  /** Name and version of its package. */
  readonly package: string;
  /** Version of TensorFlow. */
  readonly version: string;
  readonly device: 'cpu' | 'gpu';
  /** Number of threads of an operation. */
  readonly threads: number;
}

let opened: TensorFlow | undefined;

/**
 * Loads TensorFlow, once for the process.
 * @param options.threads number of threads of the first call. Default: one for each core
 * @throws UserError (`SEQTAG_BACKEND`) if no package is installed, or if it does not work
 */
export function openTensorFlow({ threads }: { threads?: number | undefined } = {}): TensorFlow {
  if (opened) return opened;
  const found = packages.flatMap((name) => locate(name) ?? [])[0];
  if (!found)
    throw new UserError(
      'TensorFlow is not installed. Run `npm install @tensorflow/tfjs-node`, or use the built-in engine, which needs nothing.',
      { code: 'SEQTAG_BACKEND', option: 'engine' },
    );
  prepareProcess(threads);
  try {
    const tf = found.require(found.name) as Tfjs;
    const backend = tf.backend();
    opened = {
      tf,
      package: `${found.name} ${found.version}`,
      version: backend.binding.TF_Version,
      device: backend.isUsingGpuDevice ? 'gpu' : 'cpu',
      threads: Number(process.env.TF_NUM_INTRAOP_THREADS) || availableParallelism(),
    };
    return opened;
  } catch (cause) {
    const reason = (cause as Error).message.split('\n')[0]!.trim();
    throw new UserError(
      `${found.name} ${found.version} does not work here (${reason}). Run \`npm rebuild ${found.name} --build-addon-from-source\`, or use the built-in engine, which needs nothing.`,
      { code: 'SEQTAG_BACKEND', option: 'engine', cause },
    );
  }
}

/** Finds a package beside seqtag or in the folder of the user. */
function locate(name: string) {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    const require = createRequire(from);
    try {
      const { version } = require(`${name}/package.json`) as { version: string };
      return { name, version, require };
    } catch {
      // not there
    }
  }
  return undefined;
}

/** What must be set before the package is loaded. */
function prepareProcess(threads: number | undefined): void {
  // Node.js 23 and later do not have these two functions, which the package calls. Earlier ones warn about them.
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  });
  // TensorFlow writes about itself to standard error
  if (!process.env.DEBUG) process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  if (threads !== undefined) {
    process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
    process.env.OMP_NUM_THREADS ??= String(threads);
  }
}
