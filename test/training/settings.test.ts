import { expect, test } from 'vitest';
import { featureNames } from '../../src/corpus/features/features.ts';
import { UserError } from '../../src/errors.ts';
import { hyperparameterNames, hyperparameters } from '../../src/training/hyperparameters.ts';
import { checkHyperparameters, checkSettings } from '../../src/training/settings.ts';

test('defaults are within their ranges', () => {
  const defaults = checkHyperparameters({}, 'here');
  for (const name of hyperparameterNames)
    expect(defaults[name]).toBe(hyperparameters[name].default);
  expect(checkHyperparameters(defaults, 'here')).toEqual(defaults);
});

test('names may have dashes or capitals, values may be strings', () => {
  const given = { 'learning-rate': '0.01', wordDim: 7, lowercase: 'false', optimizer: 'sgd' };
  expect(checkHyperparameters(given, 'here')).toMatchObject({
    learningRate: 0.01,
    wordDim: 7,
    lowercase: false,
    optimizer: 'sgd',
  });
});

test.each([
  [{ hiden: 3 }, /here: no hyperparameter `hiden`. Did you mean hidden\?/],
  [{ learning_rate: 3 }, /no hyperparameter `learning_rate`. Did you mean learning-rate\?/],
  [{ xyz: 3 }, /here: no hyperparameter `xyz`. There are: .*hidden/],
  [{ hidden: Number.NaN }, /here: hidden NaN: expected a whole number from 1/],
  [{ hidden: Number.POSITIVE_INFINITY }, /here: hidden Infinity: expected a whole number/],
  [{ hidden: [100] }, /here: hidden \[100\]: expected a whole number/],
  [{ hidden: null }, /here: hidden null: expected a whole number/],
  [{ hidden: true }, /here: hidden true: expected a whole number/],
  [{ wordDim: 'wide' }, /here: wordDim wide: expected a whole number/],
  [{ 'word-dim': 'wide' }, /here: word-dim wide: expected a whole number/],
  [{ cell: ['lstm'] }, /here: cell \["lstm"\]: expected one of lstm/],
  [{ clip: ['norm:5'] }, /here: clip \["norm:5"\]: expected norm:X/],
  [{ clip: Number.NaN }, /here: clip NaN: expected norm:X/],
  [{ bptt: { kind: 'full' } }, /here: bptt \{"kind":"full"\}: expected full/],
  [{ residual: 1 }, /here: residual 1: expected true or false/],
  [{ wordDim: 5, 'word-dim': 6 }, /here: wordDim and word-dim are one hyperparameter/],
  [{ hidden: 0 }, /here: hidden 0: expected a whole number from 1/],
  [{ hidden: 1.5 }, /hidden 1.5: expected a whole number/],
  [{ hidden: 'x' }, /hidden x/],
  [{ hidden: '' }, /hidden : expected/],
  [{ dropout: 1 }, /dropout 1: expected a number from 0 to 0.99/],
  [{ learningRate: Number.NaN }, /learningRate NaN/],
  [{ optimizer: 'adagrad' }, /expected one of sgd, adam, adamw/],
  [{ lowercase: 'maybe' }, /expected true or false/],
  [{ weightDecay: 0.1 }, /`weight-decay`: adam has none. Use `optimizer` adamw or sgd/],
  [{ charWidth: 2 }, /char-width 2: expected an odd number/],
  [{ bptt: 'regular:0' }, /bptt regular:0: expected full, regular:K .* or random:P/],
  [{ bptt: 'regular' }, /bptt regular: expected full/],
  [{ bptt: 'regular:2.5' }, /bptt regular:2.5: expected full/],
  [{ bptt: 'random:1' }, /bptt random:1: expected full/],
  [{ bptt: 'random:-0.1' }, /bptt random:-0.1: expected full/],
  [{ bptt: 'fully' }, /bptt fully: expected full/],
  [{ clip: 'norm:0' }, /clip norm:0: expected norm:X, value:X or none/],
  [{ clip: 'value:-1' }, /clip value:-1: expected norm:X/],
  [{ clip: 'value:' }, /clip value:: expected norm:X/],
  [{ clip: 'size:1' }, /clip size:1: expected norm:X/],
  [{ clip: '1-2' }, /clip 1-2: expected norm:X/],
  [{ clip: 'norm:1e99' }, /clip norm:1e99: expected norm:X/],
  [{ periods: '' }, /periods : expected rising whole numbers such as 1,2,4,8/],
  [{ periods: '1,1' }, /periods 1,1: expected rising/],
  [{ periods: '4,2' }, /periods 4,2: expected rising/],
  [{ periods: '0,1' }, /periods 0,1: expected rising/],
  [{ periods: '1,2.5' }, /periods 1,2.5: expected rising/],
  [{ periods: Array.from({ length: 32 }, (_, i) => i + 1).join() }, /expected rising/],
  [{ features: 'shapes' }, /features shapes: expected none, all, or some of .*shape/],
  [{ features: 'shape,shape' }, /features shape,shape: expected none/],
  [{ cell: 'lsm' }, /cell lsm: expected one of lstm, peephole, .*clockwork/],
  [{ residual: true, highway: true }, /`residual` and `highway` exclude each other/],
  [
    { cell: 'clockwork', hidden: 3 },
    /`periods` 1,2,4,8: more periods \(4\) than `hidden` units \(3\)/,
  ],
])('%j is refused in one line', (given, message) => {
  const check = (): unknown => checkHyperparameters(given, 'here');
  expect(check).toThrow(UserError);
  expect(check).toThrow(message);
  expect(check).not.toThrow(/\n/);
  expect(check).toThrow(expect.objectContaining({ code: expect.stringMatching(/^SEQTAG_OPTION/) }));
});

test.each([[null], ['hidden=3'], [[1]], [undefined]])(
  '%j is no set of hyperparameters',
  (given) => {
    expect(() => checkHyperparameters(given as never, 'here')).toThrow(/^here: expected an object/);
  },
);

test('a value of undefined counts as not given', () => {
  expect(checkSettings({ hidden: undefined, cell: 'gru' })).toEqual({ cell: 'gru' });
});

test('text values have one canonical form, which can be parsed', () => {
  const kept = (given: Record<string, unknown>) => {
    const [name] = Object.keys(given) as [keyof typeof hyperparameters];
    const value = checkHyperparameters(given, 'here')[name];
    expect(checkHyperparameters({ [name]: value }, 'here')[name]).toBe(value);
    return value;
  };
  expect(['full', 'regular:35', 'random:0.1'].map((bptt) => kept({ bptt }))).toEqual([
    'full',
    'regular:35',
    'random:0.1',
  ]);
  expect(['5', 5, 'norm:5', '0', 0, 'none', 'value:1e-3'].map((clip) => kept({ clip }))).toEqual([
    'norm:5',
    'norm:5',
    'norm:5',
    'none',
    'none',
    'none',
    'value:0.001',
  ]);
  expect(kept({ periods: '1, 2,4' })).toBe('1,2,4');
  expect(kept({ features: 'shape,suffix3' })).toBe('suffix3,shape');
  expect(kept({ features: 'all' })).toBe(featureNames.join());
  expect(kept({ features: 'none' })).toBe('none');
});

test('only the clockwork cell needs a unit for each period', () => {
  const of = (given: object) => checkHyperparameters({ hidden: 3, ...given }, 'here');
  expect(of({ cell: 'lstm' }).periods).toBe('1,2,4,8');
  expect(of({ cell: 'clockwork', periods: '1,2,4' }).periods).toBe('1,2,4');
});
