import { ServeLog } from "./event-log.ts";
import { JsonLog } from "./json-log.ts";
import { QuietLog } from "./quiet-log.ts";

/** The log of a gateway: text for a person at a terminal, JSON lines for everybody else. */
export function openGatewayLog(json: boolean): QuietLog {
  return new QuietLog(!json && process.stderr.isTTY ? new ServeLog(false) : new JsonLog());
}
