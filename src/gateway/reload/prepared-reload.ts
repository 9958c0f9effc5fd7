import type { ServerAddress } from "../../client/servers/server-address.ts";

/** A configuration that was found good, and waits to be put in place. One of the two must be called. */
export interface PreparedReload {
  /** Puts all of it in place. Returns the addresses in the order of the listeners. */
  commit(): readonly ServerAddress[];
  /** Lets go of it: everything stays as it is. */
  abandon(): void;
}
