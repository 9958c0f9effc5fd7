import type { Duplex } from "node:stream";
import { connectionOf } from "../../../guard/connection/peer-of.ts";
import type { CutReason } from "../../../trust/happenings/cut-reason.ts";
import type { ServiceContext } from "../../service/service.ts";

/** Ends the connection that a socket belongs to, and tells why. */
export type CutSocket = (socket: Duplex, reason: CutReason) => void;

export function cutterOf({ cut }: Pick<ServiceContext, "cut">): CutSocket {
  return (socket, reason) => {
    const connection = connectionOf(socket);
    if (connection !== undefined) cut(connection, reason);
    socket.destroy();
  };
}
