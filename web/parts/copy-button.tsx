import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { Icon } from "./icon.tsx";

const SAID_MS = 2_000;

/** Copies a text; `what` is it in words: "key id". */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }): VNode {
  const copied = useSignal(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    copied.value = true;
    setTimeout(() => (copied.value = false), SAID_MS);
  };
  return (
    <button type="button" class="button quiet small" aria-label={`Copy ${what}`} onClick={() => void copy()}>
      <Icon name="copy" />
      <span aria-live="polite">{copied.value ? "Copied" : "Copy"}</span>
    </button>
  );
}
