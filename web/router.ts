import { type ReadonlySignal, signal } from "@preact/signals";
import { parseRoute, type Route, toHref } from "./route.ts";

const current = signal(here());
let steps = 0;

/** Where the page is; another one after every way to go somewhere, the browser's own buttons too. */
export const route: ReadonlySignal<Route> = current;

/** Goes to an address of the page; `replace` leaves no step back to where it was. */
export function go(href: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  if (replace) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  if (!replace) steps += 1;
  current.value = here();
  if (!replace) scrollTo(0, 0);
}

/** Whether one went anywhere since the page was loaded: then what is new has the focus. */
export function hasMoved(): boolean {
  return steps > 0;
}

/** Chooses something else within this view, without a step back for each letter that is typed. */
export function setQuery(query: Readonly<Record<string, string>>): void {
  const { view, key, query: former } = current.value;
  go(toHref(view, { ...former, ...query }, key ?? undefined), { replace: true });
}

/** From now on links within the page load nothing anew. */
export function followLinks(): void {
  addEventListener("popstate", () => {
    steps += 1;
    current.value = here();
  });
  document.addEventListener("click", (click) => {
    const link = click.target instanceof Element ? click.target.closest("a") : null;
    if (link === null || link.target !== "" || link.hasAttribute("download")) return;
    if (click.defaultPrevented || click.button !== 0) return;
    if (click.ctrlKey || click.metaKey || click.shiftKey || click.altKey) return;
    if (link.origin !== location.origin || link.pathname.startsWith("/v1/")) return;
    click.preventDefault();
    go(link.pathname + link.search);
  });
}

function here(): Route {
  return parseRoute(location.pathname, location.search);
}
