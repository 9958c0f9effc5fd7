import { useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";

export interface MenuItem {
  readonly text: string;
  readonly act: () => void;
  readonly danger?: boolean;
}

export interface MenuProps {
  /** What it offers acts on, in words: "More for anna". */
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly children?: ComponentChildren;
}

/**
 * Acts that are wanted less often, behind one button. Arrow keys go through them, Escape closes. What it offers stays as it
 * was when it was opened: nothing else comes under the pointer.
 */
export function Menu({ label, items, children }: MenuProps): VNode {
  const offered = useSignal<readonly MenuItem[] | null>(null);
  const isOpen = offered.value !== null;
  const inside = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = (): void => {
    offered.value = null;
    button.current?.focus();
  };
  useEffect(() => {
    if (!isOpen) return undefined;
    inside.current?.querySelector("button")?.focus();
    const beside = (event: Event): void => {
      const { target } = event;
      const within = target instanceof Node && (inside.current?.parentElement?.contains(target) ?? false);
      if (!within) offered.value = null;
    };
    document.addEventListener("pointerdown", beside);
    return () => document.removeEventListener("pointerdown", beside);
  }, [isOpen]);
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const all = [...(inside.current?.querySelectorAll("button") ?? [])];
    const at = all.findIndex((each) => each === document.activeElement);
    all.at((at + (event.key === "ArrowDown" ? 1 : -1)) % all.length)?.focus();
  };
  return (
    <div class="menu">
      <button
        ref={button}
        type="button"
        class="button square"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => (offered.value = isOpen ? null : items)}
      >
        {children ?? <Icon name="more" />}
      </button>
      {offered.value !== null && (
        <div ref={inside} id={id} class="menu-items" role="menu" aria-label={label} onKeyDown={onKey}>
          {offered.value.map(({ text, act, danger = false }) => (
            <button
              key={text}
              type="button"
              role="menuitem"
              class={danger ? "menu-item danger" : "menu-item"}
              onClick={() => {
                close();
                act();
              }}
            >
              {text}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
