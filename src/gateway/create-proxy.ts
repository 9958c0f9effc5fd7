import { HandclaspError } from "../errors.ts";
import type { Proxy, ProxyContext } from "./proxy.ts";
import { createTcpProxy } from "./tcp-proxy.ts";

/** The proxy for a listener's mode. */
export function createProxy(context: ProxyContext): Proxy {
  switch (context.config.mode) {
    case "tcp":
      return createTcpProxy(context);
    case "http":
      throw new HandclaspError("ERR_HANDCLASP_OPTION", "mode http is not available in this version", {
        hint: "use mode tcp",
      });
  }
}
