import type { VNode } from "preact";
import { clock } from "../client/clock.ts";
import { toDistance } from "../client/time-words.ts";

const WHOLE = new Intl.DateTimeFormat(undefined, {
  dateStyle: "medium",
  timeStyle: "medium",
  hourCycle: "h23",
});
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const HOUR = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export interface TimeProps {
  /** ISO 8601; null for never. */
  readonly at: string | null;
  /** `distance` (5 min ago), `day`, `hour`, or `whole`. */
  readonly as?: "distance" | "day" | "hour" | "whole";
  readonly never?: string;
}

/** A moment, with the whole of it where one points at it. */
export function Time({ at, as = "distance", never = "never" }: TimeProps): VNode {
  if (at === null) return <span class="dim">{never}</span>;
  const moment = new Date(at);
  return (
    <time dateTime={at} title={WHOLE.format(moment)}>
      {as === "distance" ? toDistance(moment.getTime(), clock.value) : formatted(moment, as)}
    </time>
  );
}

/** An hour of the day, as people here write it. */
export function toHour(at: number): string {
  return HOUR.format(at);
}

function formatted(moment: Date, as: "day" | "hour" | "whole"): string {
  return (as === "day" ? DAY : as === "hour" ? HOUR : WHOLE).format(moment);
}
