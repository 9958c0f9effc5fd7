import type { ForwardingListener, ListenerConfig } from "../config/config.ts";
import { createGreeter } from "../greeter/greeter.ts";
import type { Service, ServiceContext } from "../service/service.ts";
import { createTcpService } from "../tcp/tcp-service.ts";

let createHttpService: ((context: ServiceContext<ForwardingListener>) => Service) | undefined;

/**
 * Loads what the modes of listeners need; before that no service of theirs can be made. An HTTP client is a third of the
 * heap, and what the heap holds every collection of garbage looks at: other modes go without.
 */
export async function loadModes(listeners: readonly ListenerConfig[]): Promise<void> {
  if (listeners.some(({ mode }) => mode === "http"))
    ({ createHttpService } = await import("../http/http-service.ts"));
}

/** The service for a listener's mode. */
export function createService(context: ServiceContext): Service {
  const { config } = context;
  switch (config.mode) {
    case "greet":
      return createGreeter(context);
    case "tcp":
      return createTcpService({ ...context, config });
    case "http":
      if (createHttpService === undefined) throw new Error("mode http was not loaded");
      return createHttpService({ ...context, config });
  }
}
