import { readFileSync } from "node:fs";

/** Linux's list of TCP sockets over IPv4, proc_net_tcp(5). */
export const TABLE = "/proc/self/net/tcp";

export interface ProbedSocket {
  readonly localPort: number;
  readonly remotePort: number;
  /** Until the next probe; no probe comes later than this after the last byte. */
  readonly seconds: number;
}

/** The number of a timer that probes who is silent. */
const KEEP_ALIVE = 2;
/** `USER_HZ`, which Linux keeps at 100 for programs. */
const TICKS = 100;

/** Connections on this machine whose other end is probed, as its kernel has it. */
export function probedSockets(): readonly ProbedSocket[] {
  return Array.from(
    readFileSync(TABLE, "latin1").matchAll(
      /^ *\d+: [0-9A-F]{8}:([0-9A-F]{4}) [0-9A-F]{8}:([0-9A-F]{4}) 01 \S+ ([0-9A-F]{2}):([0-9A-F]{8}) /gm,
    ),
    ([, local = "", remote = "", timer = "", ticks = ""]) => ({
      localPort: Number.parseInt(local, 16),
      remotePort: Number.parseInt(remote, 16),
      timer: Number.parseInt(timer, 16),
      seconds: Number.parseInt(ticks, 16) / TICKS,
    }),
  ).filter(({ timer }) => timer === KEEP_ALIVE);
}
