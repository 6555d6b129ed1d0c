export { detectScheme, strayTags } from './detect.ts';
export {
  isOutsideForm,
  type Notation,
  readTags,
  spell,
  type TaggedLines,
  type TagReading,
  unspell,
} from './notation.ts';
export { convert, type Span, type SpanPosition, spanLetter, spans, spanTag } from './spans.ts';
export {
  continuesSpan,
  type Role,
  type Scheme,
  schemeNamed,
  schemes,
  type TagParts,
  tagParts,
} from './tag-parts.ts';
export { type Transitions, transitions, validTransition } from './transitions.ts';
