import type { TLSSocket } from "node:tls";

/**
 * Keeps the end of what a client says until somebody listens for it: a stream tells its end once, and a client may be
 * done before its verdict is. Data waits by itself. Returns how to let the end come, once listeners are there.
 */
export function withholdEnd(socket: TLSSocket): () => void {
  const push = socket.push.bind(socket);
  let isOver = false;
  // How a stream's source says that there is nothing more.
  socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk !== null) return push(chunk, encoding);
    isOver = true;
    return false;
  };
  return () => {
    Reflect.deleteProperty(socket, "push");
    if (isOver) process.nextTick(end, socket);
  };
}

function end(socket: TLSSocket): void {
  if (socket.destroyed) return;
  socket.push(null);
  socket.read(0);
}
