import { AsyncLocalStorage } from "node:async_hooks";
import type { TLSSocket } from "node:tls";
import type { BoundHandshake, Handshake } from "./handshake.ts";

/** Which connection the code that runs belongs to. Addresses and ports do not tell: two can share them. */
export const CURRENT_HANDSHAKE: AsyncLocalStorage<Handshake> = new AsyncLocalStorage<Handshake>();

/** Filled by the first line of the key log, in the context of its connection. Later events may come in another one. */
const HANDSHAKES = new WeakMap<TLSSocket, BoundHandshake>();

/** The handshake that `socket` runs, once a line of its key log came. */
export function handshakeOf(socket: TLSSocket): BoundHandshake | undefined {
  return HANDSHAKES.get(socket);
}

/** The handshake that `socket` runs; the current one, when no other socket has it. */
export function bindHandshake(socket: TLSSocket, current: Handshake | undefined): BoundHandshake | undefined {
  const known = HANDSHAKES.get(socket);
  if (known !== undefined || current === undefined || current.socket !== undefined) return known;
  const bound = Object.assign(current, { socket });
  HANDSHAKES.set(socket, bound);
  return bound;
}
