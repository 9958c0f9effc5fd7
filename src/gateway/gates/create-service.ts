import type { ListenerConfig } from "../config/config.ts";
import type { Proxy, ProxyContext } from "../service/service.ts";
import { createTcpProxy } from "../tcp/tcp-service.ts";

let createHttpProxy: ((context: ProxyContext) => Proxy) | undefined;

/**
 * Loads what the modes of listeners need; before that no proxy of theirs can be made. An HTTP client is a third of the
 * heap, and what the heap holds every collection of garbage looks at: mode `tcp` goes without.
 */
export async function loadModes(listeners: readonly ListenerConfig[]): Promise<void> {
  if (listeners.some(({ mode }) => mode === "http"))
    ({ createHttpProxy } = await import("../http/http-service.ts"));
}

/** The proxy for a listener's mode. */
export function createProxy(context: ProxyContext): Proxy {
  switch (context.config.mode) {
    case "tcp":
      return createTcpProxy(context);
    case "http":
      if (createHttpProxy === undefined) throw new Error("mode http was not loaded");
      return createHttpProxy(context);
  }
}
