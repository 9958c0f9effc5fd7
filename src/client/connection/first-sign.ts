import type { TLSSocket } from "node:tls";
import { Deadline } from "../../deadline.ts";

/**
 * In TLS 1.3 a server judges us after our handshake is done (RFC 8446 §4.4.2). What is sent before its alert arrives can
 * end in a reset that hides the alert. Resolves at the first sign of life, or after `mostMs`; undefined when there is
 * nothing to wait for.
 */
export function firstSign(socket: TLSSocket, mostMs = 200): Promise<void> | undefined {
  const ticket: Buffer | undefined = socket.getTLSTicket();
  if (socket.getProtocol() !== "TLSv1.3" || socket.destroyed || ticket !== undefined) return undefined;
  return awaitAny(socket, ["session", "data", "end", "close"], mostMs);
}

/** Resolves when one of the events comes, or after `mostMs`. */
export function awaitAny(socket: TLSSocket, events: readonly string[], mostMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      late[Symbol.dispose]();
      for (const event of events) socket.off(event, done);
      resolve();
    };
    const late = new Deadline(mostMs, done);
    for (const event of events) socket.once(event, done);
  });
}
