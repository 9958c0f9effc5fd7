import { type ReadonlySignal, signal } from "@preact/signals";

/** Something that was done, or was not; it goes by itself. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "done" | "failed";
  /** Takes it back, as a change of its own. */
  readonly undo: (() => void) | null;
  /** `performance.now()` when it goes. */
  readonly ends: number;
  /** What a command line and curl would have said. */
  readonly command: { readonly command: string; readonly curl: string } | null;
}

const UNDO_MS = 60_000;
const FAILED_MS = 20_000;
const DONE_MS = 8_000;
const MOST = 4;

const shown = signal<readonly Toast[]>([]);
let last = 0;

export const toasts: ReadonlySignal<readonly Toast[]> = shown;

export function toast(
  text: string,
  { tone = "done", undo = null, command = null }: Partial<Pick<Toast, "tone" | "undo" | "command">> = {},
): void {
  const ms = undo !== null ? UNDO_MS : tone === "failed" ? FAILED_MS : DONE_MS;
  last += 1;
  const made: Toast = { id: last, text, tone, undo, command, ends: performance.now() + ms };
  shown.value = [...shown.value, made].slice(-MOST);
  setTimeout(() => dismiss(made.id), ms);
}

export function dismiss(id: number): void {
  shown.value = shown.value.filter((each) => each.id !== id);
}
