import type { TLSSocket } from "node:tls";

type Push = (chunk: unknown, encoding?: BufferEncoding) => boolean;

/**
 * Keeps the end of what a client says until somebody listens for it: a stream tells its end once, and a client may be
 * done before its verdict is. Data waits by itself. Returns how to let the end come, once listeners are there.
 */
export function withholdEnd(socket: TLSSocket): () => void {
  const push = Reflect.get(socket, "push") as Push;
  let isOver = false;
  // How a stream's source says that there is nothing more.
  const withheld: Push = (chunk, encoding) => {
    if (chunk !== null) return Reflect.apply(push, socket, [chunk, encoding]);
    isOver = true;
    return false;
  };
  socket.push = withheld;
  return () => {
    // Not deleted: V8 would look up all properties of such a socket one by one from then on, and of its like.
    socket.push = push;
    if (isOver) process.nextTick(end, socket);
  };
}

function end(socket: TLSSocket): void {
  if (socket.destroyed) return;
  socket.push(null);
  socket.read(0);
}
