import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { readShown, type ShownOfKey } from "./read-shown.ts";

/** Takes whatever the owner sent: key id, phrase, or the text of the code. */
export function PasteForm({ onShown }: { readonly onShown: (shown: ShownOfKey) => Promise<void> }): VNode {
  const text = useSignal("");
  const compare = (): void => {
    if (text.value.trim() !== "") void onShown(readShown(text.value));
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        compare();
      }}
    >
      <label for="shown">Key id, phrase or code that its owner sent</label>
      <div class="joined">
        <input
          id="shown"
          class="mono"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={text}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
        <button type="submit" class="button" disabled={text.value.trim() === ""}>
          Compare
        </button>
      </div>
    </form>
  );
}
