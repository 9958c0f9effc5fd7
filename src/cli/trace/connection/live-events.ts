import { hasCode } from "../../../errors.ts";
import type { Direction } from "../../../capture/tcp/connection.ts";
import type { TapListener } from "../../../guard/tap/tap.ts";
import { parseKeyLogLine } from "../../../tls/keys/key-log.ts";
import type { ConnectionEvent, TracedConnection } from "./traced-connection.ts";

/** What a tap hears, as the events of a connection; the first of them says that it is open. */
export function liveEvents(
  { side }: Pick<TracedConnection, "side">,
  onEvent: (event: ConnectionEvent) => void,
): TapListener {
  const peer: Direction = side === "server" ? "client" : "server";
  const ended = new Set<Direction>();
  const finish = (direction: Direction): void => {
    if (ended.has(direction)) return;
    ended.add(direction);
    onEvent({ kind: "finish", direction, timeMs: Date.now() });
  };
  onEvent({ kind: "open", timeMs: Date.now() });
  return {
    read: (bytes) => onEvent({ kind: "data", direction: peer, timeMs: Date.now(), bytes: plain(bytes) }),
    wrote: (bytes) => onEvent({ kind: "data", direction: side, timeMs: Date.now(), bytes: plain(bytes) }),
    ended: (by) => finish(by === "us" ? side : peer),
    keyLog(line) {
      const entry = parseKeyLogLine(line);
      if (entry !== undefined) onEvent({ kind: "secret", entry });
    },
    closed(error) {
      const isReset = hasCode(error, "ECONNRESET");
      if (isReset) onEvent({ kind: "reset", direction: peer, timeMs: Date.now() });
      else finish(side);
      onEvent({ kind: "close", reason: isReset ? "reset" : "finished", timeMs: Date.now() });
    },
  };
}

/** Views of a plain Uint8Array are cheaper than those of a Buffer. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
