import type { TLSSocket } from "node:tls";

/** Calls back while the connection's state can still be read, with why it ends. */
export function beforeDestroy(socket: TLSSocket, listener: (error: Error | null) => void): void {
  const destroy = socket._destroy.bind(socket);
  socket._destroy = (error, done) => {
    listener(error);
    destroy(error, done);
  };
}
