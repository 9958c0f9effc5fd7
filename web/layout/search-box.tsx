import { useSignal, useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { Icon } from "../parts/icon.tsx";
import { toHref } from "../route.ts";
import { go, route, setQuery } from "../router.ts";

const COUNT = new Intl.NumberFormat();
const TYPING_MS = 120;

/** Finds peers, in every view; `/` goes there. In the list of peers it finds as one types. */
export function SearchBox({ keys }: { readonly keys: number | null }): VNode {
  const text = useSignal(route.value.view === "peers" ? (route.value.query.q ?? "") : "");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const typing = useRef(false);
  // Where one went by a link, the box says what that list is of.
  useSignalEffect(() => {
    const { view, query } = route.value;
    if (!typing.current) text.value = view === "peers" ? (query.q ?? "") : "";
  });
  const search = (replace: boolean): void => {
    clearTimeout(timer.current);
    typing.current = false;
    if (route.value.view === "peers") setQuery({ q: text.value });
    else if (!replace) go(toHref("peers", { q: text.value }));
  };
  const type = (typed: string): void => {
    text.value = typed;
    if (route.value.view !== "peers") return;
    typing.current = true;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => search(true), TYPING_MS);
  };
  return (
    <form
      class={route.value.view === "peers" ? "search" : "search search-elsewhere"}
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        search(false);
      }}
    >
      <Icon name="search" />
      <input
        id="search"
        type="search"
        aria-label="Search peers"
        aria-keyshortcuts="/"
        placeholder={keys === null ? "Search peers" : `Search ${COUNT.format(keys)} keys`}
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => type(event.currentTarget.value)}
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}
