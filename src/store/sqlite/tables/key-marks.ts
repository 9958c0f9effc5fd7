import type { KeyPin } from "../../../trust/records/key-record.ts";

/** By what other machines are told of keys that wait at this one. */
export interface KeyMarks {
  /** It waits here. */
  waits(pin: KeyPin): void;
  /** It was written; if it waits here, or did, that is news. */
  written(pin: KeyPin): void;
}
