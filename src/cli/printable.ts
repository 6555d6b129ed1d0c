// Control characters, the marks that reverse the direction of text, and Unicode's own line ends.
const unsafe = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

const escaped = (character: string): string => {
  const code = character.charCodeAt(0).toString(16);
  return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
};

/**
 * Text for a person to read. File names, tokens and tags may contain anything, so control characters
 * are shown as escapes such as `\x1b`: they must not start a line or reach the terminal. Data that
 * programs read is written as it is, without this function.
 */
export const printable = (text: string): string => text.replace(unsafe, escaped);

/** The same on one line: line ends and the spaces around them become one space. */
export const oneLine = (text: string): string => printable(text.replace(/\s*[\r\n]+\s*/g, ' '));

/** The beginning of a token or tag: a few are long enough to fill the screen. */
export const excerpt = (text: string, most = 60): string =>
  text.length > most ? `${text.slice(0, most).replace(/[\ud800-\udbff]$/, '')}…` : text;
