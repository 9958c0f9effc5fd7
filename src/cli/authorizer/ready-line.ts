import type { AuthorizerConfig } from "../../gateway/config/config.ts";
import type { LogEntry } from "../log/event-log.ts";
import type { Place } from "./listen-for-proxies.ts";

/** What says that an authorizer is ready: programs wait for it, and read where it is. */
export function readyLine(
  { address, port }: Omit<Place, "remove">,
  { policy }: AuthorizerConfig,
  store: string,
): LogEntry {
  const { firstUse, bind, validity, rotation } = policy;
  return {
    event: "listening",
    address,
    ...(port !== undefined && { port }),
    store,
    firstUse,
    bind,
    validity,
    rotation,
  };
}
