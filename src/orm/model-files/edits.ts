/**
 * From the edits that findings name to lines of the application's files: what stands there, and what should. A place that is not
 * certain is left out, with the reason. Pure: the caller reads the files.
 */
import { groupBy } from '../../core/group-by.ts';
import { type Facts, keyTarget, type ModelKey, type Place } from '../facts.ts';
import type { ModelEdit } from '../finding.ts';
import { isUncertain, type Splice, spliced, type Written } from './splices.ts';
import { type Language, type ProgramText, programText } from './tokens.ts';

/** How an ORM's models write an edit. */
export interface ModelEditor {
  readonly language: Language;
  /** What is left to do after the edits, for people. */
  note?(facts: Facts): string;
  /** Where it is written, for an ORM that wants it in several places; else at the edit's own. */
  placesOf?(edit: ModelEdit, facts: Facts): readonly Place[];
  /**
   * What to change on a line, or why that is not certain.
   * @param keys those that the line declares, all of which want the edit
   */
  write(program: ProgramText, line: number, edit: ModelEdit, keys: readonly ModelKey[]): Written;
}

/** Whole lines of a file, without their ends. */
export interface SourceEdit {
  readonly file: string;
  readonly line: number;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** An edit that somebody has to make by hand. */
export interface LeftOut {
  readonly target: string;
  readonly place: Place | null;
  /** What it should say. */
  readonly text: string;
  readonly why: string;
}

export interface SourceEdits {
  readonly edits: readonly SourceEdit[];
  readonly leftOut: readonly LeftOut[];
}

/** A file's text, or why there is none. */
export type FileText = { readonly text: string } | { readonly why: string };

interface Located {
  readonly edit: ModelEdit;
  readonly file: string;
  readonly splices: readonly Splice[];
}

/** @param editor null for an ORM whose models are not edited */
export function sourceEdits(
  wanted: readonly ModelEdit[],
  facts: Facts,
  editor: ModelEditor | null,
  textOf: (file: string) => FileText,
): SourceEdits {
  const { edits, clashing } = merged(wanted);
  const leftOut: LeftOut[] = clashing.map((edit) => leave(edit, 'findings want different things of it'));
  const texts = new Map<string, FileText>();
  const read = (file: string): FileText => {
    const text = texts.get(file) ?? textOf(file);
    texts.set(file, text);
    return text;
  };
  const located: Located[] = [];
  for (const edit of edits) {
    const found =
      editor === null ? 'this ORM’s models are not edited' : locate(edit, edits, facts, editor, read);
    if (typeof found === 'string') leftOut.push(leave(edit, found));
    else located.push(...found);
  }
  const byFile = groupBy(located, ({ file }) => file);
  const made = [...byFile].flatMap(([file, all]) => {
    const text = texts.get(file);
    const splices = unique(all.flatMap((one) => one.splices));
    const ranges = text !== undefined && 'text' in text ? rangesIn(file, text.text, splices) : null;
    if (ranges === null)
      leftOut.push(...all.map(({ edit }) => leave(edit, 'several edits meet at the same words')));
    return ranges ?? [];
  });
  return { edits: made, leftOut };
}

function leave({ target, place, text }: ModelEdit, why: string): LeftOut {
  return { target, place, text, why };
}

/** What several findings want of one thing, as one edit. */
function merged(wanted: readonly ModelEdit[]): {
  readonly edits: readonly ModelEdit[];
  readonly clashing: readonly ModelEdit[];
} {
  const edits: ModelEdit[] = [];
  const clashing: ModelEdit[] = [];
  const groups = groupBy(wanted, ({ at, target, place }) => JSON.stringify([at, target, place]));
  for (const [first, ...others] of groups.values()) {
    if (first === undefined) continue;
    const set = new Map(Object.entries(first.set));
    let clashes = false;
    for (const [name, value] of others.flatMap((edit) => Object.entries(edit.set))) {
      clashes ||= (set.get(name) ?? value) !== value;
      set.set(name, value);
    }
    const remove = [...new Set([first, ...others].flatMap((edit) => edit.remove))];
    clashes ||= remove.some((name) => set.has(name));
    const text = [...new Set([first, ...others].map((edit) => edit.text))].join('; ');
    (clashes ? clashing : edits).push({ ...first, set: Object.fromEntries(set), remove, text });
  }
  return { edits, clashing };
}

function locate(
  edit: ModelEdit,
  all: readonly ModelEdit[],
  facts: Facts,
  editor: ModelEditor,
  read: (file: string) => FileText,
): readonly Located[] | string {
  const places = editor.placesOf?.(edit, facts) ?? (edit.place === null ? [] : [edit.place]);
  if (places.length === 0) return 'where it is written is not known';
  const located: Located[] = [];
  for (const { file, line } of places) {
    const isHere = (place: Place | null): boolean => place?.file === file && place.line === line;
    const keys =
      edit.at === 'key'
        ? together(
            facts.foreignKeys.filter(({ place }) => isHere(place)),
            edit,
          )
        : [];
    const alike = all.filter(
      (other) => other.at === 'key' && isHere(other.place) && sameSet(other.set, edit.set),
    );
    if (keys.some((key) => !alike.some(({ target }) => target === keyTarget(key))))
      return `${file}:${line} declares ${keys.length} keys, and not all of them are to say the same`;
    const text = read(file);
    if ('why' in text) return text.why;
    const written = editor.write(programText(text.text, editor.language), line, edit, keys);
    if (isUncertain(written)) return written;
    if (written.length === 0) return `${file}:${line} says so already, so something else decides it`;
    located.push({ edit, file, splices: written });
  }
  return located;
}

/** Of the keys that a line declares those that are made where the edit's own is. */
function together(keys: readonly ModelKey[], { target }: ModelEdit): readonly ModelKey[] {
  const within = (key: ModelKey | undefined): string => JSON.stringify(key?.within ?? []);
  const own = within(keys.find((key) => keyTarget(key) === target));
  return keys.filter((key) => within(key) === own);
}

function sameSet(a: ModelEdit['set'], b: ModelEdit['set']): boolean {
  return JSON.stringify(Object.entries(a)) === JSON.stringify(Object.entries(b));
}

function unique(splices: readonly Splice[]): readonly Splice[] {
  return [...new Map(splices.map((one) => [JSON.stringify(one), one])).values()].toSorted(
    (a, b) => a.start - b.start || a.end - b.end,
  );
}

/** The lines that change, as few together as can be; null where splices touch each other. */
function rangesIn(file: string, text: string, splices: readonly Splice[]): readonly SourceEdit[] | null {
  const ranges: { start: number; end: number; splices: Splice[] }[] = [];
  for (const splice of splices) {
    const start = text.lastIndexOf('\n', splice.start - 1) + 1;
    const ending = text.indexOf('\n', splice.end);
    const end = ending === -1 ? text.length : ending;
    const last = ranges.at(-1);
    if (last !== undefined && start <= last.end) {
      last.end = Math.max(last.end, end);
      last.splices.push(splice);
    } else ranges.push({ start, end, splices: [splice] });
  }
  const edits: SourceEdit[] = [];
  for (const { start, end, splices: own } of ranges) {
    const old = text.slice(start, end);
    const moved = own.map((splice) => ({
      ...splice,
      start: splice.start - start,
      end: splice.end - start,
    }));
    const made = spliced(old, moved);
    if (made === null) return null;
    edits.push(trimmed(file, text.slice(0, start).split('\n').length, old.split('\n'), made.split('\n')));
  }
  return edits;
}

/** Without the lines at both ends that stay as they are: what is new may stand on lines of its own. */
function trimmed(
  file: string,
  line: number,
  before: readonly string[],
  after: readonly string[],
): SourceEdit {
  const differ = before.findIndex((one, at) => one !== after[at]);
  const start = differ === -1 ? before.length : differ;
  const most = Math.min(before.length, after.length) - start;
  let end = 0;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return {
    file,
    line: line + start,
    before: before.slice(start, before.length - end),
    after: after.slice(start, after.length - end),
  };
}
