import { useSignal, useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import { useId, useRef } from "preact/hooks";
import { completeSearch, isUnfinished } from "../client/complete-search.ts";
import type { MemberJson } from "../client/list-shapes.ts";
import type { ListAnswer } from "../client/paged-list.ts";
import { useResource } from "../client/resource.ts";
import { Icon } from "../parts/icon.tsx";
import { toHref } from "../route.ts";
import { go, route, setQuery } from "../router.ts";

const COUNT = new Intl.NumberFormat();
const TYPING_MS = 120;
/** None is chosen: Enter searches for what was typed. */
const NONE = -1;

/** Finds peers, in every view; `/` goes there. In the list of peers it finds as one types. */
export function SearchBox({ keys }: { readonly keys: number | null }): VNode {
  const text = useSignal(route.value.view === "peers" ? (route.value.query["q"] ?? "") : "");
  const open = useSignal(false);
  const chosen = useSignal(NONE);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const typing = useRef(false);
  const list = useId();
  const groups = useGroups(text.value.includes("group:"));
  const completions = open.value ? completeSearch(text.value, groups) : [];
  // Where one went by a link, the box says what that list is of.
  useSignalEffect(() => {
    const { view, query } = route.value;
    if (!typing.current) text.value = view === "peers" ? (query["q"] ?? "") : "";
  });
  const search = (): void => {
    clearTimeout(timer.current);
    typing.current = false;
    if (route.value.view === "peers") setQuery({ q: text.value });
    else go(toHref("peers", { q: text.value }));
  };
  const type = (typed: string): void => {
    text.value = typed;
    open.value = true;
    chosen.value = NONE;
    if (route.value.view !== "peers") return;
    typing.current = true;
    clearTimeout(timer.current);
    if (!isUnfinished(typed)) timer.current = setTimeout(search, TYPING_MS);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      if (completions.length === 0) (event.currentTarget as HTMLInputElement).blur();
      open.value = false;
    }
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by !== 0 && completions.length > 0) {
      event.preventDefault();
      chosen.value = Math.max(NONE, Math.min(completions.length - 1, chosen.value + by));
    }
    const taken = event.key === "Enter" ? completions[chosen.value] : undefined;
    if (taken !== undefined) {
      event.preventDefault();
      type(taken.text);
    }
  };
  return (
    <form
      class={route.value.view === "peers" ? "search" : "search search-elsewhere"}
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        open.value = false;
        search();
      }}
    >
      <Icon name="search" />
      <input
        id="search"
        type="search"
        role="combobox"
        list={undefined}
        aria-label="Search peers"
        aria-keyshortcuts="/"
        aria-autocomplete="list"
        aria-expanded={completions.length > 0}
        aria-controls={list}
        aria-activedescendant={chosen.value === NONE ? undefined : `${list}-${chosen.value}`}
        placeholder={keys === null ? "Search peers" : `Search ${COUNT.format(keys)} keys`}
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => type(event.currentTarget.value)}
        onKeyDown={onKey}
        onBlur={() => (open.value = false)}
      />
      <kbd aria-hidden="true">/</kbd>
      <ul
        id={list}
        class="completions"
        role="listbox"
        aria-label="How to go on"
        hidden={completions.length === 0}
      >
        {completions.map(({ text: whole, word, meaning }, at) => (
          <li
            key={word}
            id={`${list}-${at}`}
            role="option"
            aria-selected={at === chosen.value}
            // Before the box loses the focus, and with it this list.
            onMouseDown={(event) => {
              event.preventDefault();
              type(whole);
            }}
          >
            <code>{word}</code> <span class="dim">{meaning}</span>
          </li>
        ))}
      </ul>
    </form>
  );
}

/** Names of groups, once they are wanted. */
function useGroups(wanted: boolean): readonly string[] {
  const { value } = useResource<ListAnswer<MemberJson>>(wanted ? "/v1/groups?limit=500" : null);
  return [...new Set(value.value?.items.map(({ group }) => group))].toSorted();
}
