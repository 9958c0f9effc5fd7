import type { SharedKind } from "../../../trust/port/shared-rows.ts";

/** What machines tell each other, the most urgent first: what there may be much of is last. */
export const KINDS: readonly SharedKind[] = [
  "setting",
  "session",
  "run",
  "waiting",
  "connection",
  "used",
  "looked",
  "refusal",
  "seen",
];

/** From here on, what there is much of waits for its turn, once a second. */
export const FIRST_THAT_WAITS: number = KINDS.indexOf("refusal");

export function rankOf(kind: SharedKind): number {
  return KINDS.indexOf(kind);
}

/** A run, and a connection of it, as one key. */
export function connectionKey(run: string, id: string): string {
  return `${run} ${id}`;
}

/** Whether a setting is each machine's own: what servers say of themselves, and count. */
export function isOwnSetting(name: string): boolean {
  return name === "server" || name.startsWith("server:") || name.startsWith("dropped-");
}
