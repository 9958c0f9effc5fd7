import { unwatchFile, watchFile } from "node:fs";
import type { Identity } from "../../client/identities/identity.ts";

export interface FollowIdentityOptions {
  /** What holds it. */
  readonly files: readonly string[];
  readonly current: Identity;
  readonly read: () => Promise<Identity>;
  /** Told of each other certificate that can be used. */
  readonly onChanged: (identity: Identity) => Promise<void>;
  /** One that cannot be used is not shown to anybody: the last one that could goes on. */
  readonly onError: (error: unknown) => void;
}

/** Files are looked at this often: notices of the system do not come from every file system. */
const EVERY_MS = 1000;

/** Notices when the server's identity is rotated or renewed while it runs. Returns how to stop. */
export function followIdentity(options: FollowIdentityOptions): () => void {
  const { files, read, onChanged, onError } = options;
  let shown = options.current.facts.fingerprint;
  let reading: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      const identity = await read();
      if (identity.facts.fingerprint === shown) return;
      shown = identity.facts.fingerprint;
      await onChanged(identity);
    } catch (error) {
      onError(error);
    }
  };
  const changed = (): void => void (reading = reading.then(look));
  for (const file of files) watchFile(file, { interval: EVERY_MS, persistent: false }, changed);
  // Between its reading and now it may have been changed already.
  changed();
  return () => {
    for (const file of files) unwatchFile(file, changed);
  };
}
