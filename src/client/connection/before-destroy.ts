import type { TLSSocket } from "node:tls";

/** Calls back while the connection's state can still be read, with why it ends. It ends whatever the listener throws. */
export function beforeDestroy(socket: TLSSocket, listener: (error: Error | null) => void): void {
  const destroy = socket._destroy.bind(socket);
  const tellFirst: typeof destroy = (error, done) => {
    try {
      listener(error);
    } finally {
      destroy(error, done);
    }
  };
  socket._destroy = tellFirst;
}
