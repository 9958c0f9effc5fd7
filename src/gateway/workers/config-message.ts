import { StoreUrl } from "../../trust/port/store-url.ts";
import type { GatewayConfig } from "../config/config.ts";

/** A configuration on its way to a worker: plain JSON. */
export interface ConfigMessage extends Omit<GatewayConfig, "store"> {
  readonly store: string;
}

export function toConfigMessage(config: GatewayConfig): ConfigMessage {
  return { ...config, store: config.store.toString() };
}

export function fromConfigMessage(message: ConfigMessage): GatewayConfig {
  return { ...message, store: StoreUrl.parse(message.store) };
}
