// @ts-check
// The compiler flags, shared by the native and the WebAssembly build.

/** Without -ffast-math, because NaN must propagate: it shows that training diverged. */
export const common = [
  '-std=gnu11',
  '-O3',
  '-ffp-contract=fast',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-Wall',
  '-Wextra',
  '-Wno-psabi',
];

/** @param {{lanes: number, rows: number, vectors: number}} tile */
const shape = ({ lanes, rows, vectors }) => [
  `-DLANES=${lanes}`,
  `-DTILE_ROWS=${rows}`,
  `-DTILE_VECTORS=${vectors}`,
];

/**
 * With tiles of 2 x 4, V8's register allocator does not spill registers; 4 x 2 runs at half the
 * speed.
 */
export const wasm = [
  ...shape({ lanes: 4, rows: 2, vectors: 4 }),
  '--target=wasm32',
  '-msimd128',
  '-mbulk-memory',
  '-matomics',
  '-mmutable-globals',
];

const avx512 = [
  ...shape({ lanes: 16, rows: 8, vectors: 3 }),
  '-mavx512f',
  '-mavx512dq',
  '-mavx512bw',
  '-mavx512vl',
  '-mavx2',
  '-mfma',
  '-mprefer-vector-width=512',
];

/** Instruction-set levels by `process.arch`. The addon chooses the best one when it is loaded. */
export const levels = /** @type {Record<string, Record<string, string[]>>} */ ({
  x64: {
    avx512,
    avx2: [...shape({ lanes: 8, rows: 4, vectors: 3 }), '-mavx2', '-mfma'],
    base: shape({ lanes: 4, rows: 4, vectors: 2 }),
  },
  arm64: { base: shape({ lanes: 4, rows: 8, vectors: 3 }) },
});

/** Levels that not every compiler supports. */
export const extras = /** @type {typeof levels} */ ({
  'linux x64': { amx: [...avx512, '-DBFLOAT16', '-mavx512bf16', '-mamx-tile', '-mamx-bf16'] },
});
