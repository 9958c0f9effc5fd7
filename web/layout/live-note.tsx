import type { VNode } from "preact";
import { toHour } from "../parts/time.tsx";
import { live } from "../stream/live.ts";
import { Sign } from "../parts/sign.tsx";

/** Says that what is shown is not what is, while that is so. */
export function LiveNote(): VNode {
  const { state, since } = live.value;
  const shown = since !== null && (state === "polling" || state === "unreachable");
  return (
    <div class="live-note" role="status">
      {shown && (
        <p>
          <Sign name="warning" />
          {state === "polling"
            ? `Not live since ${toHour(since)}. This page looks again every few seconds.`
            : `Not live since ${toHour(since)}: the server does not answer. This page comes back by itself.`}
        </p>
      )}
    </div>
  );
}
