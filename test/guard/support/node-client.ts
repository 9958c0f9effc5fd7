import tls from "node:tls";
import type { TestIdentity } from "./identities.ts";

/** How a connection ended, as the client saw it. */
export interface Outcome {
  /** The number of the alert that came; null when none did. */
  readonly alert: number | null;
  /** What the server said before that. */
  readonly received: string;
  /** What else went wrong. */
  readonly error: string | null;
  readonly resumed: boolean;
  /** The newest session ticket. */
  readonly session: Buffer | undefined;
}

export interface ClientOptions extends tls.ConnectionOptions {
  readonly port: number;
  readonly identity?: TestIdentity | undefined;
  readonly localAddress?: string;
  /** Sent as soon as the handshake is over. */
  readonly eager?: string;
}

/** Connects, reads until the end, and says how it went. */
export function connectOnce({ identity, eager, ...options }: ClientOptions): Promise<Outcome> {
  return new Promise((resolve) => {
    let received = "";
    let session: Buffer | undefined;
    let error: Error | undefined;
    let resumed = false;
    const socket = tls.connect({
      host: "127.0.0.1",
      rejectUnauthorized: false,
      ...(identity && { key: identity.key, cert: identity.cert }),
      ...options,
    });
    socket.on("secureConnect", () => {
      resumed = socket.isSessionReused();
      if (eager !== undefined) socket.write(eager);
    });
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => (received += text));
    socket.on("session", (ticket) => (session = ticket));
    socket.on("error", (failure) => (error ??= failure));
    socket.on("close", () => {
      const alert = alertIn(error?.message ?? "");
      resolve({ alert, received, resumed, session, error: alert === null ? (error?.message ?? null) : null });
    });
  });
}

/** OpenSSL writes it into its messages. */
export function alertIn(text: string): number | null {
  const number = /SSL alert number (\d+)/.exec(text)?.[1];
  return number === undefined ? null : Number(number);
}
