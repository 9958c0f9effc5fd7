import type { HandclaspError } from "../../errors.ts";
import type { Replication } from "../../trust/port/replication.ts";
import type { WriteChannel } from "./writing/write-channel.ts";

/** Where a store is kept. */
export interface StoreFile {
  /** As it was named. */
  readonly url: string;
  /** Where that leads: everything that is watched or opened again lies there. Null for a store in memory. */
  readonly path: string | null;
  readonly channel: WriteChannel;
  /** What this machine is called, where there are several. */
  readonly machine?: string;
  /** Why what is read cannot be relied on, where that can be. */
  readonly failure?: () => HandclaspError | undefined;
  /** How far it is with the log that it follows, where it follows one. */
  readonly replication?: () => Replication;
}
