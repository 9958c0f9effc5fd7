import { formatServerAddress } from "../../client/servers/server-address.ts";
import type { ForwardingListener, ListenerConfig } from "../../gateway/config/config.ts";
import type { ServerRecord } from "../../operator/known-server.ts";
import type { LogEntry } from "./event-log.ts";

/** What says that a listener is ready: programs wait for it, and read where it is and which key it has. */
export function readyLine(listener: ListenerConfig, record: ServerRecord, store: string): LogEntry {
  const { policy, clientCertificate, trustCa } = listener;
  if (listener.mode === "greet") {
    const { pin, keyId, ...where } = record;
    const { firstUse, bind, validity, rotation } = policy;
    const rules = { firstUse, bind, clientCertificate, trustCa, validity, rotation };
    return { event: "listening", ...where, store, ...rules, keyId, pin };
  }
  const { name, mode } = listener;
  const about = { listener: name, mode, to: upstreamText(listener), ...policy, clientCertificate, trustCa };
  return { event: "listening", ...about, ...record, store };
}

function upstreamText({ to }: ForwardingListener): string {
  return to.kind === "unix" ? `unix:${to.path}` : formatServerAddress(to.address);
}
