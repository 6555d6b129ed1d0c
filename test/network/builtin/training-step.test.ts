import { describe, it } from 'vitest';
import { expectClose } from '../../oracle/close.ts';
import { oracleStep } from '../oracle.ts';
import { createFilled, createSample, openSingle, plainSgd } from '../sample.ts';
import { networkLevels } from '../settings.ts';
import { trainingStepCases } from '../step-cases.ts';

describe.each(networkLevels)('a training step is the oracle, %s', (level) => {
  trainingStepCases((options) => createFilled({ backend: openSingle(level), ...options }));
});

it('the gradient of features of tokens is that of finite differences', () => {
  const config = { tokenFeatures: { groups: 2, rows: 6, dim: 2 }, featureGroups: 1 };
  const sample = createSample({ seed: 3, lengths: [3, 1, 4], config });
  const engine = createFilled({ backend: openSingle('wasm'), config: sample.config });
  const table = Float64Array.from(engine.getParameter('token.embedding'));
  const values = (name: string): ArrayLike<number> =>
    name === 'token.embedding' ? table : engine.getParameter(name);
  const step = () => oracleStep(sample, { read: values, training: plainSgd });
  const { tokens: gradient } = step().gradients;
  const differences = table.map((x, i) => {
    const losses = [1e-5, -1e-5].map((h) => {
      table[i] = x + h;
      return step().loss;
    }) as [number, number];
    table[i] = x;
    return (losses[0] - losses[1]) / 2e-5;
  });
  expectClose(gradient!, differences, { abs: 1e-9, rel: 1e-6 });
});
