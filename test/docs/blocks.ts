// Console blocks of Markdown files: what they run, and whether what they print is what they show.

/** A command of a block, and the lines that the block shows below it. */
export interface Command {
  /** Line of the file, from 1. */
  readonly line: number;
  /** For a shell; several lines where the first ends in a backslash or opens a here-document. */
  readonly text: string;
  readonly output: readonly string[];
}

/**
 * The commands of all ```console blocks of a file, in order. A command begins with `$ `, its further lines with `> `;
 * every other line is output. A block that is marked ```console no-run is left out.
 */
export function commandsOf(markdown: string): Command[] {
  const commands: (Command & { output: string[] })[] = [];
  let inBlock = false;
  markdown.split('\n').forEach((line, index) => {
    if (line.startsWith('```')) {
      inBlock = line.trim() === '```console';
      return;
    }
    if (!inBlock) return;
    const last = commands.at(-1);
    if (line.startsWith('$ ')) commands.push({ line: index + 1, text: line.slice(2), output: [] });
    else if (last && line.startsWith('> ') && last.output.length === 0)
      commands[commands.length - 1] = { ...last, text: `${last.text}\n${line.slice(2)}` };
    else if (last) last.output.push(line);
    else throw new Error(`line ${index + 1}: output before the first command`);
  });
  return commands.map((command) => ({ ...command, output: withoutBlankEnds(command.output) }));
}

function withoutBlankEnds(lines: readonly string[]): string[] {
  const isText = (line: string): boolean => line.trim() !== '';
  const first = lines.findIndex(isText);
  return first < 0 ? [] : lines.slice(first, lines.findLastIndex(isText) + 1);
}

/** The first line that differs in kind, or undefined. A line `…` in `expected` stands for any number of lines. */
export function difference(
  expected: readonly string[],
  actual: readonly string[],
): string | undefined {
  const shown = withoutBlankEnds(expected);
  const printed = withoutBlankEnds(actual);
  let at = 0;
  for (let i = 0; i < shown.length; i++) {
    const line = shown[i]!;
    if (line.trim() === '…') {
      const next = shown[i + 1];
      if (next === undefined) return undefined;
      while (at < printed.length && !isAlike(next, printed[at]!)) at++;
      continue;
    }
    if (at >= printed.length) return `missing: ${line}`;
    if (!isAlike(line, printed[at]!)) return `shown:   ${line}\nprinted: ${printed[at]}`;
    at++;
  }
  return at < printed.length ? `not shown: ${printed[at]}` : undefined;
}

const number = /\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?/g;
/** Parts of a line that depend on the machine: instruction set, threads, and bars of plots. */
const machine = /native \w+|wasm \w+|\d+ threads?|[▏▎▍▌▋▊▉█]+|\b(?:best|about)\b/g;
/** A line with a time or a speed has numbers that differ from run to run. */
const isTimed = (line: string): boolean =>
  /\d (?:s|ms|min|h)\b|tokens\/s|\d{1,3}(?:,\d{3})+ {2,}\d+ *$/.test(line);

/**
 * Are two lines the same but for white space, the machine, times, and the last digits of numbers? A shown line that ends in
 * … is the beginning of the printed one.
 */
export function isAlike(shown: string, printed: string): boolean {
  if (shown.endsWith('…') && !printed.endsWith('…')) {
    const begin = shown.slice(0, -1);
    return isAlike(begin, printed.slice(0, begin.length));
  }
  const words = (line: string): string =>
    line.replace(machine, '').replace(number, '#').replace(/\s+/g, ' ').trim();
  if (words(shown) !== words(printed)) return false;
  if (isTimed(shown)) return true;
  const values = (line: string): number[] =>
    (line.replace(machine, '').match(number) ?? []).map((text) => Number(text.replaceAll(',', '')));
  const found = values(printed);
  return values(shown).every((value, i) => isNear(value, found[i]!));
}

/** Trained again on another processor, a figure of the docs may move by a few per cent. */
function isNear(shown: number, printed: number): boolean {
  if (Number.isInteger(shown) && Number.isInteger(printed)) {
    // counts are exact, but a sum of many (parameters, bytes) may be rounded
    return shown === printed || (shown > 20 && Math.abs(shown - printed) <= 0.05 * shown);
  }
  return Math.abs(shown - printed) <= Math.max(0.08 * Math.abs(shown), shown > 1 ? 3 : 0.15);
}
