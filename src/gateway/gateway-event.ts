import type { Server } from "node:tls";
import type { ServerAddress } from "../client/servers/server-address.ts";
import type { Guard } from "../guard/guard.ts";
import type { GuardedConnection } from "../guard/connection/guarded-connection.ts";
import type { ListenerConfig } from "./config/config.ts";

/** Why the upstream could not be used; `unannounced`: no PROXY header could say who comes. */
export type UpstreamProblem = (typeof UPSTREAM_PROBLEMS)[number];
export const UPSTREAM_PROBLEMS = ["unreachable", "timed-out", "broken", "unannounced"] as const;

/** What a gateway tells whoever counts and logs. What the guard decides comes by its own channels, per server. */
export type GatewayEvent =
  /** A server was made for a listener, at the start or by a reload. Nothing has come through it yet. */
  | {
      readonly type: "server-opened";
      readonly listener: ListenerConfig;
      readonly server: Server;
      readonly guard: Guard;
    }
  /** The last connection of a server is gone, and no other one will come. */
  | { readonly type: "server-closed"; readonly listener: ListenerConfig; readonly server: Server }
  | { readonly type: "listening"; readonly listener: ListenerConfig; readonly address: ServerAddress }
  /** The socket that accepts connections failed. */
  | { readonly type: "accept-failed"; readonly listener: ListenerConfig; readonly error: Error }
  /** A connection of a listener that is full has to wait. Told for the first one only. */
  | { readonly type: "full"; readonly listener: ListenerConfig }
  /** OpenSSL could not come to terms with a client, which is no refusal of ours. */
  | {
      readonly type: "handshake-failed";
      readonly listener: ListenerConfig;
      readonly error: Error;
      readonly remoteAddress: string | undefined;
    }
  /** What came from a proxy's address was no PROXY header. `proxy` is that address. */
  | {
      readonly type: "proxy-header-refused";
      readonly listener: ListenerConfig;
      readonly error: Error;
      readonly proxy: string | undefined;
    }
  | {
      readonly type: "upstream-failed";
      readonly listener: ListenerConfig;
      readonly connection: GuardedConnection | undefined;
      readonly problem: UpstreamProblem;
      readonly error: Error;
    }
  /** A connection in mode `tcp` has its own to the upstream. */
  | {
      readonly type: "upstream-connected";
      readonly listener: ListenerConfig;
      readonly durationMs: number;
    }
  /** A connection in mode `tcp` is over. */
  | {
      readonly type: "relayed";
      readonly listener: ListenerConfig;
      readonly connection: GuardedConnection | undefined;
      /** From the client. */
      readonly bytesIn: number;
      /** To the client. */
      readonly bytesOut: number;
    }
  /** What came in mode `http` was no request, or not to its end, and ended its connection. */
  | {
      readonly type: "malformed-request";
      readonly listener: ListenerConfig;
      readonly connection: GuardedConnection | undefined;
      /** What HTTP/1.1 was answered; undefined where there was nothing to answer. */
      readonly status: number | undefined;
      readonly error: Error;
    }
  /** A request in mode `http` was answered, or given up. */
  | {
      readonly type: "exchanged";
      readonly listener: ListenerConfig;
      readonly connection: GuardedConnection | undefined;
      /** As the client wrote both: hostile text. */
      readonly method: string;
      readonly target: string;
      /** Undefined when it was given up before there was one. */
      readonly status: number | undefined;
      readonly durationMs: number;
    };

export type OnGatewayEvent = (event: GatewayEvent) => void;
