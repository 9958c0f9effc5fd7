import { createHttpProxy } from "./http-proxy.ts";
import type { Proxy, ProxyContext } from "./proxy.ts";
import { createTcpProxy } from "./tcp-proxy.ts";

/** The proxy for a listener's mode. */
export function createProxy(context: ProxyContext): Proxy {
  switch (context.config.mode) {
    case "tcp":
      return createTcpProxy(context);
    case "http":
      return createHttpProxy(context);
  }
}
