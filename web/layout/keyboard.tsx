import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { Dialog } from "../parts/dialog.tsx";

const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [["/"], "search peers"],
  [["j", "k"], "next, previous row or card"],
  [["Enter"], "open it"],
  [["a"], "compare its key; this approves nothing"],
  [["?"], "this list"],
  [["Esc"], "close what is open"],
];

const helpOpen = signal(false);

/** Rows and cards that `j` and `k` go through carry this attribute, and can have the focus. */
const STOP = "[data-stop]";

/** Listens to keys that are typed nowhere in particular. */
export function hearKeys(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const heard = hear(event.key);
    if (heard) event.preventDefault();
  });
}

function hear(key: string): boolean {
  if (document.querySelector("dialog[open]") !== null) return false;
  switch (key) {
    case "/":
      document.querySelector<HTMLInputElement>("#search")?.focus();
      return true;
    case "?":
      helpOpen.value = true;
      return true;
    case "j":
      return step(1);
    case "k":
      return step(-1);
    case "a":
      return follow("a[data-compare]");
    case "Enter":
      return document.activeElement?.matches(STOP) === true && follow("a[data-open]");
    default:
      return false;
  }
}

function step(by: 1 | -1): boolean {
  const stops = [...document.querySelectorAll<HTMLElement>(STOP)];
  const at = stops.findIndex((stop) => stop.contains(document.activeElement));
  const next = at === -1 ? stops.at(by === 1 ? 0 : -1) : stops[at + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return next !== undefined;
}

/** In the row that has the focus, else in the view. */
function follow(selector: string): boolean {
  const stop = document.activeElement?.closest(STOP);
  const link = (stop ?? document.querySelector("main"))?.querySelector<HTMLElement>(selector);
  link?.click();
  return link !== null && link !== undefined;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

/** What keys do. */
export function KeyboardHelp(): VNode | null {
  if (!helpOpen.value) return null;
  return (
    <Dialog title="Keys" leave="Close" onClose={() => (helpOpen.value = false)}>
      <dl class="keys">
        {KEYS.map(([keys, does]) => (
          <div>
            <dt>
              {keys.map((key) => (
                <kbd>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
