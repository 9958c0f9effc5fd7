import type { Socket } from "node:net";

const IDLE_MS = 45_000;
const INTERVAL_MS = 15_000;
const PROBES = 4;

/**
 * For every connection of a gateway, on either side: who is silent is probed by TCP, and gone 105 seconds after it lost
 * power. Linux by itself would never ask.
 */
export function keepAlive(socket: Socket): void {
  socket.setKeepAlive(true, IDLE_MS, INTERVAL_MS, PROBES);
}
