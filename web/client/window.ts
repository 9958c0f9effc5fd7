import { type ReadonlySignal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { clock } from "./clock.ts";
import { act } from "./act.ts";
import { useResource } from "./resource.ts";
import type { Acted, FirstUseWindow, Problem } from "./shapes.ts";

/** The window of first use, as the server said it last, and what is left of it by this machine's steady clock. */
export interface WindowNow {
  readonly value: ReadonlySignal<FirstUseWindow | null>;
  readonly problem: ReadonlySignal<Problem | null>;
  /** Milliseconds; 0 when it is closed. */
  readonly leftMs: ReadonlySignal<number>;
  readonly reload: () => void;
}

/** Looks at the window, and again when it changes or should be over. */
export function useWindow(): WindowNow {
  const { value, problem, reload } = useResource<FirstUseWindow>("/v1/window", ["change"]);
  const ends = useSignal(0);
  useSignalEffect(() => {
    const now = value.value;
    ends.value = now === null || !now.open ? 0 : performance.now() + now.leftMs;
    if (now === null || !now.open) return undefined;
    const over = setTimeout(reload, now.leftMs + 500);
    return () => clearTimeout(over);
  });
  const leftMs = useComputed(() => {
    void clock.value;
    return ends.value === 0 ? 0 : Math.max(0, ends.value - performance.now());
  });
  return { value, problem, leftMs, reload };
}

export interface WindowWanted {
  readonly forMs: number;
  readonly max?: number;
  readonly from?: string;
}

export function openWindow(wanted: WindowWanted): Promise<Acted | null> {
  return act({ path: "/v1/window", method: "PUT", body: wanted, said: () => "The window is open" });
}

export function closeWindow(): Promise<Acted | null> {
  return act({ path: "/v1/window", method: "DELETE", body: {}, said: () => "The window is closed" });
}
