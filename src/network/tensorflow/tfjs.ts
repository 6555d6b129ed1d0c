// The part of @tensorflow/tfjs-node that the engine uses. The package is optional, so its types are declared here.

export interface Tensor {
  readonly shape: readonly number[];
  /** Whether it outlives the scope of `tidy` in which it was created. */
  readonly kept: boolean;
  dataSync(): Float32Array | Int32Array;
  dispose(): void;
}

/** A kernel's output before it is a tensor: its handle, type and shape. */
interface TensorMetadata {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: number;
}

export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** Runs TensorFlow kernels by name. */
export interface TfjsBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: {
    readonly TF_Version: string;
    readonly TF_FLOAT: number;
    readonly TF_INT32: number;
    readonly TF_INT64: number;
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_INT: number;
    readonly TF_ATTR_FLOAT: number;
    readonly TF_ATTR_BOOL: number;
    readonly TF_ATTR_STRING: number;
    readonly TF_ATTR_SHAPE: number;
    executeOp(
      name: string,
      attributes: readonly Attribute[],
      inputs: readonly number[],
      outputs: number,
    ): TensorMetadata[];
  };
  executeMultipleOutputs(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly Tensor[],
    outputs: number,
  ): Tensor[];
  getInputTensorIds(tensors: readonly Tensor[]): number[];
  createOutputTensor(metadata: TensorMetadata): Tensor;
}

/** A value and the function from its gradient to the gradients of the inputs. */
export interface Differentiable {
  readonly value: Tensor;
  /** @param saved what was given to the function that is the last argument of `customGrad`'s function */
  gradFunc(gradient: Tensor, saved: Tensor[]): Tensor[];
}

export interface Tfjs {
  backend(): TfjsBackend;
  engine(): {
    /** The value of `f` and its gradients; undefined for an input on which it does not depend. */
    gradients(
      f: () => Tensor,
      inputs: readonly Tensor[],
      gradient: null,
      allowMissing: boolean,
    ): { value: Tensor; grads: (Tensor | undefined)[] };
  };
  memory(): { readonly numTensors: number };
  tidy<T>(f: () => T): T;
  keep(tensor: Tensor): Tensor;
  dispose(tensors: readonly Tensor[]): void;
  customGrad(f: (...inputsAndSave: unknown[]) => Differentiable): (...inputs: Tensor[]) => Tensor;
  tensor(values: Float32Array | Int32Array, shape: readonly number[], dtype: Dtype): Tensor;
  scalar(value: number): Tensor;
  zeros(shape: readonly number[]): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  sub(a: Tensor | number, b: Tensor): Tensor;
  mul(a: Tensor, b: Tensor | number): Tensor;
  div(a: Tensor, b: Tensor): Tensor;
  maximum(a: Tensor, b: number): Tensor;
  equal(a: Tensor, b: Tensor): Tensor;
  cast(x: Tensor, dtype: Dtype): Tensor;
  abs(x: Tensor): Tensor;
  exp(x: Tensor): Tensor;
  log(x: Tensor): Tensor;
  neg(x: Tensor): Tensor;
  sqrt(x: Tensor): Tensor;
  square(x: Tensor): Tensor;
  /** 1 where x is positive, else 0. */
  step(x: Tensor): Tensor;
  relu(x: Tensor): Tensor;
  tanh(x: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  sum(x: Tensor, axis?: number | readonly number[], keepDims?: boolean): Tensor;
  max(x: Tensor, axis?: number, keepDims?: boolean): Tensor;
  argMax(x: Tensor, axis: number): Tensor;
  clipByValue(x: Tensor, min: number, max: number): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  logSoftmax(x: Tensor): Tensor;
  oneHot(indices: Tensor, depth: number, on: number, off: number, dtype: Dtype): Tensor;
  gather(x: Tensor, indices: Tensor): Tensor;
  unsortedSegmentSum(x: Tensor, segments: Tensor, count: number): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor;
  concat(tensors: readonly Tensor[], axis: number): Tensor;
  split(x: Tensor, sizes: number | readonly number[], axis: number): Tensor[];
  stack(tensors: readonly Tensor[]): Tensor;
  unstack(x: Tensor): Tensor[];
  addN(tensors: readonly Tensor[]): Tensor;
}

export type Dtype = 'float32' | 'int32';
