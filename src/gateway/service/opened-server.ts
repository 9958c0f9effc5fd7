import type { Server } from "node:tls";
import type { Guard } from "../../guard/guard.ts";
import type { ListenerConfig } from "../config/config.ts";

/** A server that was made for a listener, at the start or by a reload. Nothing has come through it yet. */
export interface OpenedServer {
  readonly listener: ListenerConfig;
  readonly server: Server;
  readonly guard: Guard;
}

/** What it returns is called when the last connection of the server is gone, and no other one will come. */
export type OnServer = (opened: OpenedServer) => () => void;
