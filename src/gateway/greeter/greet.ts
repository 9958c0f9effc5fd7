import type { TLSSocket } from "node:tls";

const MOST_BYTES = 8192;
/** How long an admitted client may say nothing. */
const IDLE_MS = 120_000;
/** How long it has to take the answer and close, whatever it says meanwhile. */
const FAREWELL_MS = 5000;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Reads one line, answers `Hello, ` and that line without CR and LF, and ends the connection. Before one that said nothing
 * for too long is ended, `onIdle` is called.
 */
export function greet(socket: TLSSocket, onIdle: () => void = () => undefined): void {
  let line = Buffer.alloc(0);
  const answer = (): void => {
    socket.off("data", onData);
    socket.off("end", answer);
    socket.resume();
    // Not by what it still says: that would keep it for ever.
    socket.setTimeout(0);
    const late = setTimeout(() => socket.destroy(), FAREWELL_MS);
    socket.once("close", () => clearTimeout(late));
    socket.end(Buffer.concat([Buffer.from("Hello, "), trimmed(line)]));
  };
  const onData = (chunk: Buffer): void => {
    const end = chunk.indexOf(LINE_FEED);
    line = Buffer.concat([line, end === -1 ? chunk : chunk.subarray(0, end)]);
    if (line.length > MOST_BYTES) socket.destroy();
    else if (end !== -1) answer();
  };
  socket.on("data", onData);
  socket.on("end", answer);
  socket.on("error", () => socket.destroy());
  socket.setTimeout(IDLE_MS, () => {
    onIdle();
    socket.destroy();
  });
}

function trimmed(line: Buffer): Buffer {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}
