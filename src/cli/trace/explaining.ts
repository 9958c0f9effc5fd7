import { observing } from "../../guard/observe.ts";
import type { TapListener } from "../../guard/tap.ts";
import { HandshakeObserver } from "../../tls/handshake-observer.ts";
import { explainHandshake } from "./explain.ts";
import type { TracedConnection } from "./output.ts";
import { StoryTeller } from "./story.ts";

/** Passes on what it hears to `listener`, and explains the connection when it is over. */
export function explaining(
  listener: TapListener,
  { id, side }: TracedConnection,
  onEnd: (connection: string, explanation: string) => void,
): TapListener {
  const story = new StoryTeller(side);
  story.isLive = true;
  story.isHandclasp(side);
  const other = side === "server" ? "client" : "server";
  const observer = new HandshakeObserver({
    connection: id,
    side,
    now: Date.now,
    onMessage: (message) => story.message(message),
    onProblem: (problem) => story.problem(problem),
    onApplicationData: (direction, bytes) => story.told(direction === "read" ? other : side, bytes),
  });
  const feed = observing(observer);
  let isTold = false;
  const tell = (): void => {
    if (!isTold) onEnd(id, explainHandshake(story));
    isTold = true;
  };
  return {
    read(bytes) {
      story.bytes(other, bytes);
      listener.read(bytes);
      feed.read(bytes);
    },
    wrote(bytes) {
      story.bytes(side, bytes);
      listener.wrote(bytes);
      feed.wrote(bytes);
    },
    keyLog(line) {
      listener.keyLog?.(line);
      feed.keyLog?.(line);
    },
    ended(by) {
      listener.ended?.(by);
      story.ended(by === "us" ? side : other, "closed");
      // Nothing comes of it any more, though our side may wait for a while.
      if (by === "peer" && !story.finished.has(other)) setImmediate(tell);
    },
    closed(error) {
      listener.closed?.(error);
      feed.closed?.(error);
      if (error !== undefined && "code" in error && error.code === "ECONNRESET") story.ended(other, "reset");
      story.ended(side, "closed");
      tell();
    },
  };
}
