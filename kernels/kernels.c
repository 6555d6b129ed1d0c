// The numeric core of seqtag: one source for WebAssembly SIMD, SSE2, AVX2, AVX-512 and NEON.
//
// There is no libc, no allocation and no global variable. All kernels are one translation unit, so that the compiler
// can inline across files. The build defines LANES, the number of floats in a vector; TILE_ROWS x TILE_VECTORS, the
// register tile of a matrix product, whose sums leave TILE_VECTORS + 1 registers for operands; and SUFFIX, which
// distinguishes the instruction-set levels of one binary.
//
// The comment above each kernel is its contract. The order of arguments is outputs, inputs, sizes. Arrays are
// row-major: x (M, N) has M contiguous rows of N floats, unless the contract gives another row distance. A kernel
// cannot fail and checks nothing: TypeScript checks sizes once, before a step.
#include "kernels.h"

#include "layers/dense.c"

#include "layers/characters.c"
#include "layers/crf.c"
#include "layers/dropout.c"
#include "layers/embedding.c"
#include "layers/features.c"
#include "layers/join.c"
#include "layers/recurrence.c"
#include "layers/softmax.c"

#include "optimizers.c"
#include "skipgram.c"
#include "tools.c"
