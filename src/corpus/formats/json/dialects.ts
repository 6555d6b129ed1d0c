import type { TextSpan, Unit } from '../offsets/align.ts';
import { isObject, type Members, TAG_KEYS } from './object.ts';

/*
 * Annotations as offsets into a text, as annotation tools export them:
 *  - doccano: `"label": [[0, 4, "PER"]]`, or `"entities": [{"start_offset": 0, "end_offset": 4, "label": "PER"}]`
 *  - spaCy and Prodigy: `"spans": [{"start": 0, "end": 4, "label": "PER"}]`, or `"entities": [[0, 4, "PER"]]`;
 *    `"ents"` in a document that spaCy writes as JSON
 *  - Label Studio: `"annotations": [{"result": [{"value": {"start": 0, "end": 4, "labels": ["PER"]}}]}]`, and in its
 *    small JSON `"label": [{"start": 0, "end": 4, "labels": ["PER"]}]`
 * doccano counts UTF-16 units (doccano/doccano#2290). Python's tools count code points, and so does Label Studio since
 * 2022 (HumanSignal/label-studio#1559).
 */

/** The annotations of a record. */
export interface Annotated {
  readonly spans: readonly TextSpan[];
  /** The unit in which the tool counts. */
  readonly unit: Unit;
  /** Why the record is not read, or what is special about it. */
  readonly fate?: 'unannotated' | 'rejected' | 'several' | 'predicted' | 'unmarked' | undefined;
}

const KEYS = ['label', 'labels', 'entities', 'ents', 'spans'];
const TASK_KEYS = ['annotations', 'completions', 'predictions'];

/** Keys that may have annotations, in a list. */
export const ANNOTATION_KEYS = [...KEYS, ...TAG_KEYS, ...TASK_KEYS];

/** The spans that a tool writes as one; undefined if it is none. There is one for each of several labels. */
function asSpans(value: unknown): readonly TextSpan[] | undefined {
  const of = (start: unknown, end: unknown, label: unknown, text?: unknown) =>
    Number.isInteger(start) && Number.isInteger(end) && typeof label === 'string' && label !== ''
      ? {
          start: start as number,
          end: end as number,
          label,
          text: typeof text === 'string' ? text : undefined,
        }
      : undefined;
  const all = (spans: readonly (TextSpan | undefined)[]): readonly TextSpan[] | undefined =>
    spans.includes(undefined) || spans.length === 0 ? undefined : (spans as readonly TextSpan[]);
  if (Array.isArray(value))
    return value.length === 3 ? all([of(value[0], value[1], value[2])]) : undefined;
  if (!isObject(value)) return undefined;
  const labels = Array.isArray(value['labels']) ? value['labels'] : [value['label']];
  const [start, end] = [
    value['start_offset'] ?? value['start'],
    value['end_offset'] ?? value['end'],
  ];
  return all(labels.map((label: unknown) => of(start, end, label, value['text'])));
}

function allSpans(values: unknown): readonly TextSpan[] | undefined {
  if (!Array.isArray(values)) return undefined;
  const spans = values.map(asSpans);
  return spans.includes(undefined) ? undefined : (spans as TextSpan[][]).flat();
}

/** Whether a result of Label Studio is no part of a text: a relation or a choice. */
const isOther = (item: unknown): boolean => {
  if (!isObject(item)) return false;
  const { type, value } = item;
  return type === 'relation' || (isObject(value) && !('start' in value || 'labels' in value));
};

/** The annotations of a task of Label Studio; a string says what is wrong with them. */
function studioAnnotations(members: Members): Annotated | string {
  const lists = [members['annotations'] ?? members['completions'], members['predictions']];
  const [annotations = [], predictions = []] = lists.map((list): readonly unknown[] =>
    (Array.isArray(list) ? list : []).filter((one) => !(isObject(one) && one['was_cancelled'])),
  );
  const first = annotations[0] ?? predictions[0];
  if (first === undefined) return { spans: [], unit: 'code-points', fate: 'unannotated' };
  const result = isObject(first) ? first['result'] : undefined;
  if (!Array.isArray(result)) return 'an annotation without a list "result"';
  const values = result
    .filter((item) => !isOther(item))
    .map((item: unknown) => (isObject(item) ? item['value'] : undefined));
  const spans = allSpans(values);
  if (spans === undefined)
    return 'an annotation of Label Studio without offsets in a text. Export annotations of plain text';
  const isUnmarked = spans.length === 0 && result.length > 0;
  const fate =
    annotations.length > 1
      ? 'several'
      : annotations.length === 0
        ? 'predicted'
        : isUnmarked
          ? 'unmarked'
          : undefined;
  return { spans, unit: 'code-points', fate };
}

/** Whether an object is a task of Label Studio. */
export const isTask = (members: Members): boolean =>
  isObject(members['data']) && TASK_KEYS.some((key) => Array.isArray(members[key]));

/**
 * Whether a text was exported without annotations: it has neither spans nor tags, under any known key.
 * @param asked the key that has them. Default: those that are known
 */
export const lacksAnnotations = (members: Members, asked: string | undefined): boolean =>
  !isTask(members) &&
  (asked === undefined ? [...KEYS, ...TAG_KEYS] : [asked]).every(
    (key) => !Object.hasOwn(members, key) || members[key] === null,
  );

/**
 * The spans of an object, if it has any of the known keys with offsets; undefined otherwise; a string says what is wrong.
 * @param asked the key that has them. Default: the first of those that are known
 */
export function annotationsOf(
  members: Members,
  asked: string | undefined,
): Annotated | string | undefined {
  if (isTask(members) && (asked === undefined || asked === 'annotations'))
    return studioAnnotations(members);
  const answer = members['answer'];
  const isRejected = answer === 'reject' || answer === 'ignore';
  const fate = isRejected ? 'rejected' : undefined;
  // Prodigy may leave out an empty list of spans
  if (typeof answer === 'string' && lacksAnnotations(members, asked))
    return { spans: [], unit: 'code-points', fate };
  for (const key of asked === undefined ? KEYS : [asked]) {
    const values = Object.hasOwn(members, key) ? members[key] : undefined;
    const spans = allSpans(values);
    if (spans === undefined) continue;
    const [first] = values as readonly unknown[];
    const isDoccano = isObject(first) ? 'start_offset' in first : key.startsWith('label');
    return { spans, unit: isDoccano ? 'utf-16' : 'code-points', fate };
  }
  return undefined;
}
