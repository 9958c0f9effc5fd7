import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { serverNow } from "../../client/server-time.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const CHOICES: readonly (readonly [text: string, ms: number])[] = [
  ["1 hour", HOUR_MS],
  ["8 hours", 8 * HOUR_MS],
  ["1 day", DAY_MS],
  ["7 days", 7 * DAY_MS],
  ["30 days", 30 * DAY_MS],
  ["90 days", 90 * DAY_MS],
  ["1 year", 365 * DAY_MS],
];

/** When trust ends: ISO 8601, null for never. */
export interface UntilChoice {
  readonly expires: string | null;
}

export interface UntilProps {
  readonly choice: UntilChoice;
  readonly onChoose: (choice: UntilChoice) => void;
}

/** Until when something is good: for good, for so long, or until a day. */
export function Until({ choice, onChoose }: UntilProps): VNode {
  const kind = useSignal("forever");
  const choose = (value: string): void => {
    kind.value = value;
    const ms = Number(value);
    if (Number.isNaN(ms)) onChoose({ expires: null });
    else onChoose({ expires: new Date(serverNow() + ms).toISOString() });
  };
  return (
    <div class="stack">
      <label for="until">Until</label>
      <select id="until" value={kind} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="forever">forever</option>
        {CHOICES.map(([text, ms]) => (
          <option value={String(ms)}>for {text}</option>
        ))}
        <option value="day">a day…</option>
      </select>
      {kind.value === "day" && (
        <input
          type="date"
          aria-label="Last day"
          value={choice.expires?.slice(0, 10) ?? ""}
          onChange={(event) => {
            const day = event.currentTarget.value;
            onChoose({ expires: day === "" ? null : new Date(`${day}T23:59:59`).toISOString() });
          }}
        />
      )}
    </div>
  );
}
