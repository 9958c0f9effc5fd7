import { type ReadonlySignal, signal } from "@preact/signals";
import { serverNow } from "./server-time.ts";

const STEP_MS = 1_000;
const now = signal(serverNow());

/** The time, to the second, for what is said to be "2 min ago". Milliseconds since the epoch. */
export const clock: ReadonlySignal<number> = now;

setInterval(() => {
  if (!document.hidden) now.value = serverNow();
}, STEP_MS);
document.addEventListener("visibilitychange", () => {
  now.value = serverNow();
});
