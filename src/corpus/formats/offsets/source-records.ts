import type { Document } from '../../sentence.ts';
import { ANNOTATION_KEYS } from '../json/dialects.ts';
import { contentOf, isObject, type Members, membersOf } from '../json/object.ts';
import { recordsIn } from '../json/scan.ts';
import { isOfRecords } from './locate.ts';

/** A record of jsonl or json, without its text, tokens and annotations. */
export interface SourceRecord {
  readonly members: Members;
  /** A task of Label Studio: the other members of its `data`. */
  readonly data?: Members;
  /** A task of Label Studio: which member of `data` is the text. */
  readonly textKey?: string | undefined;
  /** Whether it has no tokens and no text. */
  readonly isEmpty: boolean;
}

/** The records in a part of a document that was read; none for other formats. */
export function sourceRecords(part: string, document: Document | undefined): SourceRecord[] {
  if (document === undefined || !isOfRecords(document.format)) return [];
  const records =
    document.format === 'jsonl'
      ? part.split('\n').filter((line) => line.trim() !== '')
      : recordsIn(part).map(([from, to]) => part.slice(from, to));
  return records.map((record) => sourceRecord(record, document));
}

function sourceRecord(record: string, { keys }: Document): SourceRecord {
  const members = membersOf(JSON.parse(record))!;
  const content = contentOf(members, keys?.token);
  if (typeof content === 'string') throw new Error(content);
  const { key } = content;
  const isEmpty = 'text' in content ? content.text.trim() === '' : content.tokens.length === 0;
  const isOther = ([name, value]: [string, unknown]): boolean =>
    ![key, 'text', 'tokens'].includes(name) &&
    !(ANNOTATION_KEYS.includes(name) && Array.isArray(value));
  const others = Object.fromEntries(Object.entries(members).filter(isOther));
  const data = key === 'data' ? members[key] : undefined;
  if (!isObject(data) || !('text' in content)) return { members: others, isEmpty };
  const textKey = Object.keys(data).find((name) => data[name] === content.text);
  const { [textKey!]: _, ...rest } = data;
  return { members: others, data: rest, textKey, isEmpty };
}
