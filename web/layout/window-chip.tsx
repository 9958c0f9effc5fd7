import type { VNode } from "preact";
import { may } from "../client/session.ts";
import { toCountdown } from "../client/time-words.ts";
import { closeWindow, useWindow } from "../client/window.ts";
import { Sign } from "../parts/sign.tsx";
import { toHref } from "../route.ts";

/** While first use is open to whoever comes: how long, and a way to end it, in every view. */
export function WindowChip(): VNode | null {
  const { value, leftMs } = useWindow();
  const now = value.value;
  if (now === null || !now.open || leftMs.value === 0) return null;
  return (
    <div class="window-chip">
      <a href={toHref("window")}>
        <Sign name="half" />
        <span class="window-word">open </span>
        <span class="countdown">{toCountdown(leftMs.value)}</span>
      </a>
      {may("manage") && (
        <button
          type="button"
          class="button small"
          aria-label="Close the window"
          onClick={() => void closeWindow()}
        >
          Close
        </button>
      )}
    </div>
  );
}
