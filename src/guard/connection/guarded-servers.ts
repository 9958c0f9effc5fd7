import type { Server } from "node:tls";
import { HandclaspError } from "../../errors.ts";

const LISTENERS = new WeakMap<Server, string | null>();

/** Remembers that a server has its guard, and what that calls it. Throws ERR_HANDCLASP_OPTION when it had one before. */
export function rememberGuarded(server: Server, listener: string | null): void {
  if (LISTENERS.has(server)) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", "this server is guarded already");
  }
  LISTENERS.set(server, listener);
}

/** What a server is called in events, lists and messages; null when nobody said. */
export function listenerOf(server: Server): string | null {
  return LISTENERS.get(server) ?? null;
}
