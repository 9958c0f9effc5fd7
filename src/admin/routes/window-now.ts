import { toWindow } from "../../operator/window.ts";
import type { AdminContext } from "../call/admin-context.ts";
import type { WindowNowJson } from "../schemas/window.ts";

const NEVER: WindowNowJson = {
  open: false,
  leftMs: 0,
  openedAt: null,
  until: null,
  endedAt: null,
  ended: null,
  max: null,
  from: null,
  taken: 0,
  event: null,
  came: [],
};

/** The window of first use as it is now, with so many of who came. */
export async function toWindowNow(
  { store, now }: Pick<AdminContext, "store" | "now">,
  limit: number,
): Promise<WindowNowJson> {
  const at = now();
  const window = await toWindow(store, at, { limit });
  if (window === null) return NEVER;
  const leftMs = window.open ? Math.max(0, Date.parse(window.until) - at) : 0;
  return { ...window, leftMs };
}
