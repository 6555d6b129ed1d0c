import type { Sample, Verdict } from '../definition.ts';

export function sniffJsonl({ content: [first], isLast }: Sample): Verdict {
  if (first === undefined) return isLast ? 'no' : 'maybe';
  return /^\s*\{\s*"[^"]*"\s*:/.test(first) ? 'yes' : 'no';
}

/** An array of objects or of texts with annotations, or an object over several lines. */
export function sniffJson({ content, isLast }: Sample): Verdict {
  const start = content.slice(0, 3).join('\n');
  if (/^\s*(?:\[\s*\{\s*["}]|\[\s*\[\s*"|\{\s*\n\s*")/.test(start)) return 'yes';
  const mayBegin = /^\s*(?:\[\s*){0,2}\{?\s*$/.test(start) && content.length < 3;
  return mayBegin && !isLast ? 'maybe' : 'no';
}
