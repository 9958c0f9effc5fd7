import type { HandclaspError } from "../../errors.ts";
import type { KnownNode } from "../../trust/port/node-roster.ts";
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
  /** What it is beyond that where it follows a log. */
  readonly shared?: SharedFile;
}

/** A file whose rows follow a log that others have, too. */
export interface SharedFile {
  /** How far it is with the log. */
  readonly replication: () => Replication;
  /** All machines that follow it. */
  readonly nodes: () => Promise<readonly KnownNode[]>;
  /** What differs between what is here and what the log leads to; left out where that cannot be found out. */
  readonly compareWithLog?: () => Promise<readonly string[]>;
  /** Resolves when all is here that was acknowledged anywhere before. */
  readonly catchUp: () => Promise<void>;
  /** Why nobody may be admitted by what is here. */
  readonly unsure: () => HandclaspError | undefined;
  /** Is called when the file is closed. */
  readonly closed?: () => void;
}
