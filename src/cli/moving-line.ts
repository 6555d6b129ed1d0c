import type { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { Style } from './style.ts';

/** A line with a spinner at the bottom of a terminal. */
export interface MovingLine {
  set text(text: string);
  /** Lets `print` write lines above it. */
  above(print: () => void): void;
  /** Removes it and shows the cursor again. */
  stop(): void;
}

/** Starts a moving line. The stream must be a terminal of known width: see `isScreen`. */
export async function createMovingLine(stream: Writable, style: Style): Promise<MovingLine> {
  const { default: ora } = await import('ora');
  const spinner = ora({
    stream: withWidth(stream as NodeJS.WriteStream),
    isEnabled: true,
    discardStdin: false, // otherwise Ctrl-C does not arrive as a signal
    color: style.isColored ? 'cyan' : false,
    text: 'reading',
  }).start();
  return {
    set text(text: string) {
      spinner.text = text;
    },
    above(print) {
      spinner.clear();
      print();
      spinner.render();
    },
    stop: () => {
      spinner.render(); // shows the last text, however short its time was
      spinner.stop();
    },
  };
}

/** A terminal may report width 0 after a resize. Ora would divide by it and count lines for ever. */
const withWidth = (stream: NodeJS.WriteStream): NodeJS.WriteStream =>
  new Proxy(stream, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (key === 'columns') return value || 80;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

const BAR = 20;

/** A progress bar of 20 characters. */
export function bar(fraction: number, style: Style): string {
  const done = Math.round(fraction * BAR);
  return `${style.accent('━'.repeat(done))}${style.dim('─'.repeat(BAR - done))}`;
}

/** As many parts of a line as fit into the columns. */
export function fitting([first = '', ...rest]: readonly string[], columns: number): string {
  let line = first;
  for (const part of rest) {
    const longer = `${line}  ${part}`;
    if (stripVTControlCharacters(longer).length > columns) break;
    line = longer;
  }
  return line;
}
