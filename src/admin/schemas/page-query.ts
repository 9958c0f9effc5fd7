import * as v from "valibot";

/** Which part of a list. */
export interface PageQuery {
  /** `next` of the page before. */
  readonly cursor?: string;
  /** At the most; 1 to 500, default 100. */
  readonly limit?: number;
}

/** A query of a list, with what else it can say. */
export function pageQuery<T extends PageQuery>(fields: v.ObjectEntries): v.GenericSchema<unknown, T> {
  const schema = v.strictObject({
    ...fields,
    cursor: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(1000))),
    limit: v.exactOptional(
      v.pipe(
        v.string(),
        v.regex(/^[1-9]\d{0,2}$/, "a whole number from 1 to 500"),
        v.metadata({ description: "At the most; 1 to 500, default 100" }),
        v.transform(Number),
        v.maxValue(500, "at most 500"),
      ),
    ),
  });
  return schema as unknown as v.GenericSchema<unknown, T>;
}

/** The same as stores take it. */
export function toPage({ cursor, limit = 100 }: PageQuery): {
  readonly limit: number;
  readonly after?: string;
} {
  return { limit, ...(cursor !== undefined && { after: cursor }) };
}

/** A page of a list. */
export function pageOf(item: v.GenericSchema): v.GenericSchema {
  return v.strictObject({ items: v.array(item), next: v.nullable(v.string()) });
}

const isTime = v.union(
  [v.pipe(v.string(), v.isoTimestamp()), v.pipe(v.string(), v.isoDate())],
  "a time of ISO 8601",
);

/** A time of ISO 8601 that may be left out, as milliseconds since the epoch. */
export const momentQuery: v.GenericSchema<unknown, number> = v.exactOptional(
  v.pipe(
    v.string(),
    isTime,
    v.transform((time: string) => Date.parse(time)),
  ),
);
