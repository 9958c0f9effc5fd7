import { type ReadonlySignal, signal } from "@preact/signals";

const STEP_MS = 1_000;
const now = signal(Date.now());

/** The time of this browser, to the second, for what is said to be "2 min ago". Milliseconds since the epoch. */
export const clock: ReadonlySignal<number> = now;

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, STEP_MS);
document.addEventListener("visibilitychange", () => {
  now.value = Date.now();
});
