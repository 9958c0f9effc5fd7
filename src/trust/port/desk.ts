import type { KeyPin } from "../records/key-record.ts";

/** What is kept of operators at their work, and decides about no client. Throws ERR_HANDCLASP_STORE_READ when it cannot be read. */
export interface Desk {
  /** When an operator last looked at a key, milliseconds since the epoch; null when nobody has. Gone with the key. */
  lookedAt(pin: KeyPin): number | null;
}
