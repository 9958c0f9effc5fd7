import { AsyncLocalStorage } from "node:async_hooks";
import type { Duplex } from "node:stream";
import type { Server, TLSSocket } from "node:tls";
import { nextConnectionNumber, toConnectionId } from "../../admission/connection-id.ts";
import type { ConnectionListener } from "../../tls/observer/connection-event.ts";
import { CURRENT_HANDSHAKE } from "../connection/handshake-of.ts";
import { Tap } from "./tap.ts";
import { lendEndpoints } from "./tap-endpoints.ts";

/** A connection that is about to be tapped. */
export interface TappedConnection {
  /** The guard's id, when the server is guarded. */
  readonly id: string;
  /** What carries the bytes on the wire. */
  readonly transport: Duplex;
}

export interface TapServerOptions {
  /** Which part of the connections takes the tapped path, evenly spread: 1 all, 0.01 one in a hundred. */
  readonly sample: number;
  /** Called for each of those; the listener must not throw. */
  readonly onConnection: (connection: TappedConnection) => ConnectionListener;
}

type Emit = (event: string | symbol, ...args: unknown[]) => boolean;

interface Carried {
  readonly tap: Tap;
  /** Who put the tap there: of all that listen to it, one passes on the key log. */
  readonly by: symbol;
  /** Once a socket is known to run over it, no other socket's secrets can land here. */
  isBound: boolean;
}

/** Which tapped connection the code that runs belongs to. */
const CURRENT_TAP = new AsyncLocalStorage<Carried>();
/** Filled by the first event, which comes in the context of its connection. Later ones may come in another. */
const CARRIED = new WeakMap<TLSSocket, Carried>();

/**
 * Puts a tap below the TLS of connections that a `tls`, `https` or `http2` server takes from now on; guarded or not,
 * and before or after `guard()`. Returns how to take no more of them.
 */
export function tapServer(server: Server, { sample, onConnection }: TapServerOptions): () => void {
  if (sample === 0) return () => undefined;
  const me = Symbol("tapServer");
  const emit = server.emit.bind(server) as Emit;
  let accepted = 0;
  let open = 0;
  let isStopped = false;

  const accept = (transport: Duplex): boolean => {
    const isMeant = Math.floor(++accepted * sample) > Math.floor((accepted - 1) * sample);
    if (isStopped || !isMeant) return emit("connection", transport);
    const tap = transport instanceof Tap ? transport : new Tap(transport, numberOf(transport), "server");
    tap.listen(onConnection({ id: toConnectionId(tap.number), transport: tap.raw }));
    if (tap === transport) return emit("connection", tap);
    open += 1;
    tap.raw.on("close", () => {
      open -= 1;
      endWhenDone();
    });
    return carry({ tap, by: me, isBound: false }, emit);
  };
  const onKeyLog = (line: Buffer, socket: TLSSocket): void => {
    const carried = carriedBy(socket);
    if (carried?.by === me) carried.tap.keyLog(line);
  };
  const endWhenDone = (): void => {
    if (isStopped && open === 0) server.off("keylog", onKeyLog);
  };

  server.emit = (event: string | symbol, ...args: unknown[]) => {
    if (event === "connection") return accept(args[0] as Duplex);
    if (event === "secureConnection") carriedBy(args[0] as TLSSocket);
    else if (event === "tlsClientError") carriedBy(args[1] as TLSSocket);
    return emit(event, ...args);
  };
  // Without a listener Node does not ask OpenSSL for the key log.
  server.on("keylog", onKeyLog);
  return () => {
    isStopped = true;
    endWhenDone();
  };
}

/** The guard's number if it saw the connection first; it takes ours otherwise. */
function numberOf(transport: Duplex): number {
  const handshake = CURRENT_HANDSHAKE.getStore();
  return handshake?.transport === transport ? handshake.number : nextConnectionNumber();
}

/** TLS asks its transport once, when it is made, whether it may stay half open. */
function carry(carried: Carried, emit: Emit): boolean {
  try {
    return CURRENT_TAP.run(carried, emit, "connection", carried.tap);
  } finally {
    carried.tap.keepHalfOpen();
  }
}

/** The tapped connection that `socket` runs over; the socket then tells its ends as without a tap. */
function carriedBy(socket: TLSSocket): Carried | undefined {
  const known = CARRIED.get(socket);
  if (known !== undefined) return known;
  const current = CURRENT_TAP.getStore();
  if (current === undefined || current.isBound) return undefined;
  current.isBound = true;
  CARRIED.set(socket, current);
  lendEndpoints(socket, current.tap.raw);
  return current;
}
