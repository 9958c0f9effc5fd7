import type { GuardedConnection } from "../../guard/connection/guarded-connection.ts";
import type { OfConnection } from "../../trust/happenings/gateway-happening.ts";
import type { ListenerConfig } from "../config/config.ts";

/** What happenings say of the connection that they are about. */
export function ofConnection(
  { name: listener }: Pick<ListenerConfig, "name">,
  connection: GuardedConnection | undefined,
): OfConnection {
  return { listener, connection, peer: connection?.peer?.name ?? null };
}
