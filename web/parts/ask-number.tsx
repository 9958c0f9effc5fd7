import { useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { Dialog } from "./dialog.tsx";

/** Above so many keys a number has to be typed. */
export const ASKS_ABOVE = 10;

export interface AskNumberProps {
  readonly title: string;
  /** What has to be typed. */
  readonly count: number;
  /** What happens: "Ignore 41 keys". */
  readonly action: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children?: ComponentChildren;
}

/** Asks before what is done to many: above ten the button works once their number was typed. */
export function AskNumber({ title, count, action, onConfirm, onClose, children }: AskNumberProps): VNode {
  const typed = useSignal("");
  const isRight = count <= ASKS_ABOVE || typed.value.trim() === String(count);
  const confirm = (): void => {
    if (!isRight) return;
    onConfirm();
    onClose();
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <button type="button" class="button danger primary" disabled={!isRight} onClick={confirm}>
          {action}
        </button>
      }
    >
      {children}
      {count > ASKS_ABOVE && (
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            confirm();
          }}
        >
          <label for="count">Type {count} to go on</label>
          <input
            id="count"
            inputMode="numeric"
            autocomplete="off"
            value={typed}
            onInput={(event) => (typed.value = event.currentTarget.value)}
          />
        </form>
      )}
    </Dialog>
  );
}
