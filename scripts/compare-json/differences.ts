/** Data as JSON has it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json };

/** What one command line answered. */
export interface Answer {
  readonly code: number | null;
  /** The values that it printed; a text that is no JSON stands as it is. */
  readonly printed: readonly Json[];
  /** The error that it named, as text or as JSON. */
  readonly error: { readonly [field: string]: Json } | null;
}

/** What tells the stores and the time of two runs apart; none of it is a difference. */
export interface Circumstances {
  /** The folder that the command ran in. */
  readonly folder: string;
  /** When the first command began: whatever is dated later was made by it. Milliseconds since the epoch. */
  readonly startedAt: number;
  /** The last event that the store had before: the hashes of later ones are others. */
  readonly lastEvent: number;
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** An answer without what is another each time: folders, process ids, times from now on, random ids. */
export function masked(answer: Answer, circumstances: Circumstances): Answer {
  return {
    code: answer.code,
    printed: answer.printed.map((value) => maskValue(value, "", circumstances)),
    error:
      answer.error === null ? null : (maskValue(answer.error, "error", circumstances) as Answer["error"]),
  };
}

function maskValue(value: Json, field: string, circumstances: Circumstances): Json {
  if (typeof value === "string") return maskText(value, field, circumstances);
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item: Json) => maskValue(item, field, circumstances));
  const fields = value as { readonly [field: string]: Json };
  const isLater = Number(fields["sequence"] ?? 0) > circumstances.lastEvent;
  return Object.fromEntries(
    Object.entries(fields).map(([name, inner]) => [
      name,
      isLater && name === "hash" ? "<hash>" : maskValue(inner, name, circumstances),
    ]),
  );
}

function maskText(text: string, field: string, { folder, startedAt }: Circumstances): string {
  if (ISO_TIME.test(text)) return Date.parse(text) >= startedAt ? "<later>" : text;
  if (field === "process") return text.replace(/ \d+$/, " <pid>");
  return text.replaceAll(folder, "<folder>");
}

/** One place where two answers are not the same. */
export interface Difference {
  /** `[].events[].actor.listener`: which field, with items of lists alike. */
  readonly field: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** Where two answers differ. */
export function differences(before: Answer, after: Answer): readonly Difference[] {
  const found: Difference[] = [];
  compare(found, "exit code", before.code, after.code);
  compare(found, "values", before.printed.length, after.printed.length);
  for (const [at, value] of before.printed.entries()) {
    const other = after.printed[at];
    if (other !== undefined) compare(found, "", value, other);
  }
  compare(found, "error", before.error, after.error);
  return found;
}

function compare(
  found: Difference[],
  field: string,
  before: Json | undefined,
  after: Json | undefined,
): void {
  if (Array.isArray(before) && Array.isArray(after)) {
    compare(found, `${field}.length`, before.length, after.length);
    for (const [at, item] of before.entries()) {
      if (at < after.length) compare(found, `${field}[]`, item as Json, after[at] as Json);
    }
  } else if (isObject(before) && isObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(found, field === "" ? name : `${field}.${name}`, before[name], after[name]);
    }
  } else if (before !== after) found.push({ field, before, after });
}

function isObject(value: Json | undefined): value is { readonly [field: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
