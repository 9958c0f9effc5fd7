import type { Direction } from "../../capture/connection.ts";
import type { PcapngRecorder } from "../../capture/pcapng-recorder.ts";
import type { TapListener } from "../../guard/tap.ts";
import type { TracedConnection } from "./output.ts";

interface Recording {
  readonly listener: TapListener;
  /** Writes what waits for its secrets, without them. */
  readonly flush: () => void;
}

/** Records one connection into a pcapng; `onClosed` is called when nothing more is to be written. */
export function recordingOf(
  recorder: PcapngRecorder,
  { side, client, server }: TracedConnection,
  onClosed: () => void,
): Recording {
  const us: Direction = side;
  const peer: Direction = side === "server" ? "client" : "server";
  const recorded = recorder.open(client, server, Date.now());
  const ended = new Set<Direction>();
  const finish = (direction: Direction): void => {
    if (ended.has(direction)) return;
    ended.add(direction);
    recorded.finish(direction, Date.now());
  };
  const listener: TapListener = {
    read: (bytes) => recorded.data(peer, Date.now(), bytes),
    wrote: (bytes) => recorded.data(us, Date.now(), bytes),
    ended: (by) => finish(by === "us" ? us : peer),
    keyLog: (line) => recorded.keyLog(line.toString("latin1")),
    closed(error) {
      if (error !== undefined && "code" in error && error.code === "ECONNRESET") {
        recorded.reset(peer, Date.now());
      } else {
        finish(us);
      }
      recorded.flush();
      onClosed();
    },
  };
  return { listener, flush: () => recorded.flush() };
}
