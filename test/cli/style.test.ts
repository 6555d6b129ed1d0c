import { describe, expect, it } from 'vitest';
import { plain, styleOf, tagPainter, wantsColor } from '../../src/cli/style.ts';
import { createWorld, type WorldOptions } from './world.ts';

const wants = (options: WorldOptions, color?: boolean): boolean =>
  wantsColor('stdout', { io: createWorld(options).io, color });
const terminals = ['stdout'] as const;

describe('whether there is colour', () => {
  it('is so on a terminal, and only there', () => {
    expect(wants({ terminals })).toBe(true);
    expect(wants({})).toBe(false);
    expect(wants({ terminals: ['stderr'] })).toBe(false);
  });

  it('heeds NO_COLOR, TERM and FORCE_COLOR', () => {
    expect(wants({ terminals, env: { NO_COLOR: '1' } })).toBe(false);
    expect(wants({ terminals, env: { NO_COLOR: '' } })).toBe(true);
    expect(wants({ terminals, env: { TERM: 'dumb' } })).toBe(false);
    expect(wants({ env: { FORCE_COLOR: '1' } })).toBe(true);
    expect(wants({ terminals, env: { FORCE_COLOR: '0' } })).toBe(false);
  });

  it('is decided by a flag', () => {
    expect(wants({ env: { NO_COLOR: '1' } }, true)).toBe(true);
    expect(wants({ terminals, env: { FORCE_COLOR: '1' } }, false)).toBe(false);
  });
});

describe('tagPainter', () => {
  it('gives each type a colour of its own, and none to what is outside', async () => {
    const world = createWorld({ terminals });
    const style = await styleOf('stdout', {
      io: world.io,
      color: undefined,
      out: { write: async () => undefined, flush: async () => undefined },
      say: () => undefined,
      exitCode: 0,
    });
    const paint = tagPainter(style, ['O', 'PER', 'LOC'])!;
    expect(paint('x', 'PER')).not.toBe(paint('x', 'LOC'));
    expect(paint('x', 'O')).toBe(style.dim('x'));
    expect(paint('x', 'PER')).toBe(paint('x', 'PER'));
  });

  it('is not there without colour', () => {
    expect(tagPainter(plain, ['PER'])).toBeUndefined();
  });
});
