import { type ReadonlySignal, signal } from "@preact/signals";

/** Whether what is shown follows what happens, and since when it does not; milliseconds since the epoch. */
export interface Liveness {
  readonly state: "connecting" | "live" | "polling" | "unreachable";
  readonly since: number | null;
}

const liveness = signal<Liveness>({ state: "connecting", since: null });

export const live: ReadonlySignal<Liveness> = liveness;

/** The moment stays that of the first failure until the page is live again. */
export function setLiveness(state: Liveness["state"]): void {
  const { state: former, since } = liveness.value;
  if (former === state) return;
  liveness.value = { state, since: state === "live" ? null : (since ?? Date.now()) };
}
