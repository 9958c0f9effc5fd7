import type { VNode } from "preact";
import { clock } from "../client/clock.ts";
import { may } from "../client/session.ts";
import { useWindow } from "../client/window.ts";
import { Time } from "../parts/time.tsx";
import { toHref } from "../route.ts";

/** So long it is said that somebody came, once a window is closed. */
const LATELY_MS = 24 * 3_600_000;

/** First use while it is open, who came once it is closed, and the way to open it. */
export function WindowPanel(): VNode | null {
  const { value } = useWindow();
  const now = value.value;
  if (now === null) return null;
  const { open, came, endedAt } = now;
  if (open) {
    return (
      <p class="note note-warn">
        <span>
          First use is open: whoever comes is trusted at once. {came.length === 0 ? "Nobody" : came.length}{" "}
          came so far.
        </span>
        <a class="button small" href={toHref("window")}>
          Look at the window
        </a>
      </p>
    );
  }
  const isLately = endedAt !== null && clock.value - Date.parse(endedAt) < LATELY_MS;
  if (came.length > 0 && isLately) {
    return (
      <p class="note note-warn">
        <span>
          {came.length} came while first use was open, until <Time at={endedAt} />. Keep those you expected.
        </span>
        <a class="button small" href={toHref("window")}>
          Who came
        </a>
      </p>
    );
  }
  if (!may("manage")) return null;
  return (
    <p class="window-way">
      <a href={toHref("window")}>Let in whoever comes, for a while…</a>
    </p>
  );
}
