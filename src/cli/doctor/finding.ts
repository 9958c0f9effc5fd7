import { reasonOf } from "../../errors.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { hintText } from "../terminal/hint-text.ts";

/** `none`: not set up yet, which is no fault. `warn`: works, but somebody should know. */
export type FindingStatus = "ok" | "none" | "warn" | "broken";

/** One thing that `doctor` looked at. */
export interface Finding {
  readonly status: FindingStatus;
  readonly subject: string;
  readonly message: string;
  readonly hint: string | null;
}

export function toFinding(status: FindingStatus, subject: string, message: string, hint?: string): Finding {
  return { status, subject, message: escapeText(message, MOST_BYTES), hint: hint ?? null };
}

/** A finding for what could not be opened or read. */
export function toBrokenFinding(subject: string, error: unknown): Finding {
  const message = reasonOf(error);
  return toFinding("broken", subject, message, hintText(error));
}

const MOST_BYTES = 2048;
