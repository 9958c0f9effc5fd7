import { HandclaspError } from "../../errors.ts";
import type { PageFilter } from "./page.ts";

const DEFAULT_LIMIT = 100;
const MOST = 1000;

/** Where an item stands in its list: the values that the list is ordered by, which no other item has. */
export type Place = readonly (string | number)[];

/** How many items a page has. Throws ERR_HANDCLASP_OPTION. */
export function limitOf({ limit = DEFAULT_LIMIT }: PageFilter): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", `limit must be a whole number from 1 to ${MOST}`);
}

/** The `next` of a page that ends there. */
export function toCursor(list: string, ...place: Place): string {
  return Buffer.from(JSON.stringify([list, ...place])).toString("base64url");
}

/** Where the page before ended. Throws ERR_HANDCLASP_OPTION for what no page of this list gave. */
export function placeOf(
  { after }: PageFilter,
  list: string,
  shape: readonly ("string" | "number")[],
): Place | undefined {
  if (after === undefined) return undefined;
  try {
    const cursor: unknown = JSON.parse(Buffer.from(after, "base64url").toString());
    if (Array.isArray(cursor) && cursor[0] === list) {
      const place: readonly unknown[] = cursor.slice(1);
      const isPlace = place.length === shape.length && place.every((value, at) => typeof value === shape[at]);
      if (isPlace) return place as Place;
    }
  } catch {
    // Said below.
  }
  throw new HandclaspError("ERR_HANDCLASP_OPTION", "this is no cursor of this list", {
    hint: "give what the page before said comes next, as it was, or begin anew without it",
  });
}
