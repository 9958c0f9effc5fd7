import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Endpoint } from "../../../capture/tcp/connection.ts";

/** The two ends of a transport; a Unix socket has no address that could be told. */
export function endpointsOf(transport: Duplex): { readonly local: Endpoint; readonly remote: Endpoint } {
  if (!(transport instanceof Socket)) return { local: NOWHERE, remote: NOWHERE };
  const { localAddress, localPort, remoteAddress, remotePort } = transport;
  return {
    local: { address: localAddress ?? NOWHERE.address, port: localPort ?? 0 },
    remote: { address: remoteAddress ?? NOWHERE.address, port: remotePort ?? 0 },
  };
}

const NOWHERE: Endpoint = { address: "0.0.0.0", port: 0 };
