import { isInNetwork, parseIpAddress, parseIpNetwork } from "./ip-network.ts";

const LOOPBACK = ["127.0.0.0/8", "::1/128"].flatMap((network) => parseIpNetwork(network) ?? []);

/** Whether only this machine reaches an address. Of names `localhost` alone, which is whatever the machine takes it for. */
export function isLoopback(host: string): boolean {
  if (parseIpAddress(host) === undefined) return host === "localhost";
  return LOOPBACK.some((network) => isInNetwork(network, host));
}
