import { isHandclaspError, reasonOf } from "../../errors.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { hintText } from "../terminal/hint-text.ts";
import type { EventLog } from "../log/event-log.ts";

const MOST_BYTES = 4096;

/** Says why connections failed: the same reason once, until one came through. */
export class ForwardLog {
  readonly #log: EventLog;
  #last: string | undefined;

  constructor(log: EventLog) {
    this.#log = log;
  }

  failed(error: unknown): void {
    const text = reasonOf(error);
    if (text === this.#last) return;
    this.#last = text;
    const hint = hintText(error) ?? null;
    const code = isHandclaspError(error) ? error.code : null;
    const message = escapeText(text.replaceAll("\n", " "), MOST_BYTES);
    this.#log.write({ event: "failed", code, message, hint });
  }

  succeeded(): void {
    this.#last = undefined;
  }
}
