/** What the page can show, one after the other. */
export type ViewName =
  | "waiting"
  | "compare"
  | "peers"
  | "peer"
  | "connections"
  | "refusals"
  | "invite"
  | "history"
  | "settings"
  | "window"
  | "unknown";

/** A view and all that is chosen in it: the whole state of the page that a link can carry. */
export interface Route {
  readonly view: ViewName;
  /** The key id of the views that are of one key. */
  readonly key: string | null;
  readonly query: Readonly<Record<string, string>>;
}

const ALONE: ReadonlyMap<string, ViewName> = new Map([
  ["", "waiting"],
  ["peers", "peers"],
  ["connections", "connections"],
  ["refusals", "refusals"],
  ["invite", "invite"],
  ["history", "history"],
  ["settings", "settings"],
  ["window", "window"],
]);
const OF_A_KEY: ReadonlyMap<string, ViewName> = new Map([
  ["peers", "peer"],
  ["compare", "compare"],
]);

/** The route of a path and a search as a browser has them; `unknown` for what no view has. */
export function parseRoute(path: string, search: string): Route {
  const query = Object.fromEntries(new URLSearchParams(search));
  const [first = "", second, ...more] = path.split("/").slice(1);
  const key = decoded(second);
  const view = key === null ? ALONE.get(first) : OF_A_KEY.get(first);
  if (view === undefined || more.length > 0) return { view: "unknown", key: null, query };
  return { view, key, query };
}

/** The address of a view; what is empty in the query is left out. */
export function toHref(view: ViewName, query: Readonly<Record<string, string>> = {}, key?: string): string {
  const path = pathOf(view, key);
  const chosen = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""));
  return chosen.size === 0 ? path : `${path}?${chosen.toString()}`;
}

function pathOf(view: ViewName, key: string | undefined): string {
  if (view === "peer" && key !== undefined) return `/peers/${encodeURIComponent(key)}`;
  if (view === "compare" && key !== undefined) return `/compare/${encodeURIComponent(key)}`;
  return view === "waiting" ? "/" : `/${view}`;
}

function decoded(part: string | undefined): string | null {
  if (part === undefined || part === "") return null;
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
