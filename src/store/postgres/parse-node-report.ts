import { isHandclaspError } from "../../errors.ts";
import type { NodeReport } from "../../trust/port/node-roster.ts";
import { CHAIN_START } from "../../trust/records/events.ts";
import { hex, line, list, optional, pin, readAs, some, text, whole } from "../log/shape.ts";

const MOST_LISTENERS = 1000;

/**
 * What a machine said of itself: newer versions say more. One that makes no sense is as somebody of whom nothing is known but
 * that it is there, and is called by its id: whoever may report keeps nobody from hearing of the others.
 */
export function parseNodeReport(id: string, json: string): NodeReport {
  try {
    return { ...(readAs(report, JSON.parse(json), "this") as Omit<NodeReport, "id">), id };
  } catch (error) {
    if (!(error instanceof SyntaxError) && !isHandclaspError(error, "ERR_HANDCLASP_MALFORMED")) throw error;
    return {
      id,
      name: id,
      version: "?",
      rules: 0,
      position: 0,
      head: CHAIN_START,
      digest: "",
      listeners: [],
    };
  }
}

const listener = some({
  address: text(300),
  host: text(300),
  port: whole(0, 65_535),
  pin,
  starttls: optional(text(40)),
});

const report = some({
  name: line(300),
  version: line(100),
  rules: whole(0),
  position: whole(0),
  head: some({ sequence: whole(0), hash: hex(64) }),
  digest: hex(64),
  listeners: list(listener, MOST_LISTENERS),
  starting: optional(some({ part: whole(0), parts: whole(0) })),
});
