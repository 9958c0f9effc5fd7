import { useSignal, useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import { useId, useRef } from "preact/hooks";
import { route, setQuery } from "../router.ts";

const TYPING_MS = 150;

export interface FilterTextProps {
  /** Of the query of the page's address. */
  readonly name: string;
  readonly label: string;
  readonly placeholder?: string;
  /** Not on a phone. */
  readonly isLater?: boolean;
}

/** A part of what is searched for, kept in the page's address as one types. */
export function FilterText({ name, label, placeholder = "", isLater = false }: FilterTextProps): VNode {
  const text = useSignal(route.peek().query[name] ?? "");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const typing = useRef(false);
  const id = useId();
  useSignalEffect(() => {
    const said = route.value.query[name] ?? "";
    if (!typing.current) text.value = said;
  });
  const type = (typed: string): void => {
    text.value = typed;
    typing.current = true;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      typing.current = false;
      setQuery({ [name]: text.value.trim() });
    }, TYPING_MS);
  };
  return (
    <div class={isLater ? "filter filter-later" : "filter"}>
      <label for={id}>{label}</label>
      <input
        id={id}
        type="search"
        autocomplete="off"
        spellcheck={false}
        placeholder={placeholder}
        value={text}
        onInput={(event) => type(event.currentTarget.value)}
      />
    </div>
  );
}

export interface FilterChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly choices: readonly (readonly [value: string, text: string])[];
}

/** The same with few choices; the first is none. */
export function FilterChoice({ name, label, choices }: FilterChoiceProps): VNode {
  const id = useId();
  const chosen = route.value.query[name] ?? "";
  return (
    <div class="filter filter-choice">
      <label for={id}>{label}</label>
      <select id={id} value={chosen} onChange={(event) => setQuery({ [name]: event.currentTarget.value })}>
        {choices.map(([value, text]) => (
          <option value={value} selected={value === chosen}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
