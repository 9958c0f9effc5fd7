import type { KeyPin } from "../records/key-record.ts";
import type { LiveConnection, Refusal, RefusedFrom } from "../records/sighting.ts";

/** What is kept of what happens to connections: for lists and `explain`, not as events. Nobody waits for it. */
export interface Journal {
  /** A trusted key was seen. */
  seen(pin: KeyPin): void;
  refused(refusal: Refusal, from: RefusedFrom): void;
  /** What is handed in is read when it is written, unless it closed before. */
  opened(connection: LiveConnection): void;
  closed(id: string): void;
}
