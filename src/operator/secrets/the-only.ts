import { HandclaspError } from "../../errors.ts";
import type { Remedy } from "../../remedy.ts";
import { everyItem, type Page } from "../../trust/port/page.ts";
import type { Search } from "../../trust/port/roll.ts";

const LISTED_BY: Readonly<Record<Token, Remedy["act"]>> = {
  "join token": "list-tokens",
  "API token": "list-api-tokens",
};

type Token = "join token" | "API token";

/** The one that has this id, or the only one whose id begins so. Throws ERR_HANDCLASP_NOT_FOUND and ERR_HANDCLASP_AMBIGUOUS. */
export async function theOnly<T extends { readonly id: string }>(
  what: Token,
  id: string,
  list: (filter: Search) => Promise<Page<T>>,
): Promise<T> {
  const found: T[] = [];
  for await (const one of everyItem((page) => list({ search: id, ...page }))) {
    if (one.id.startsWith(id.toLowerCase())) found.push(one);
  }
  const [token, another] = found;
  if (token === undefined || id === "") {
    throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", `no ${what} "${id}"`, {
      hint: "its id is what is wanted, or the beginning of it: look at those there are",
      remedies: [{ act: LISTED_BY[what], at: "server" }],
    });
  }
  if (another !== undefined) {
    throw new HandclaspError("ERR_HANDCLASP_AMBIGUOUS", `${found.length} ${what}s begin with "${id}"`);
  }
  return token;
}
