import type { Writable } from "node:stream";
import type { UpstreamBody } from "./http-upstream.ts";

/** Takes a request's body. */
export interface BodySink {
  readonly stream: Writable;
  /** All of it was written. */
  end(rawTrailers: readonly string[]): void;
  /** The body is not as long as was promised, or breaks off: the upstream must not take it for whole. */
  fail(error: Error): void;
}

/** A body on its way. */
export interface BodyPump {
  stop(): void;
  /** Whether it is the client that is waited for. */
  isStarving(): boolean;
}

export const NO_BODY: BodyPump = { stop: () => undefined, isStarving: () => false };

/**
 * Passes a request's body on as it comes, at the speed of the slower side. Not `pipeline`, since trailers come after
 * the end.
 */
export function pumpBody({ stream, length, isWhole }: UpstreamBody, sink: BodySink): BodyPump {
  let passed = 0;
  let isOver = false;
  const onDrain = (): void => void stream.resume();
  const stop = (): void => {
    isOver = true;
    stream.off("data", onData);
    stream.off("end", onEnd);
    stream.off("close", onClose);
    sink.stream.off("drain", onDrain);
    // What still comes is thrown away, or the connection would stand still.
    stream.resume();
  };
  const fail = (problem: string): void => {
    stop();
    sink.fail(new Error(problem));
  };
  const onData = (chunk: Uint8Array): void => {
    passed += chunk.length;
    if (length !== undefined && passed > length) fail("the request's body is longer than its Content-Length");
    else if (!sink.stream.write(chunk)) stream.pause();
  };
  const onEnd = (): void => {
    if (!isWhole()) {
      fail("the request's body broke off");
    } else if (length !== undefined && passed < length) {
      fail("the request's body is shorter than its Content-Length");
    } else {
      stop();
      sink.end(stream.rawTrailers);
    }
  };
  const onClose = (): void => fail("the request's body broke off");
  stream.on("error", () => undefined);
  stream.on("data", onData);
  stream.on("end", onEnd);
  stream.on("close", onClose);
  sink.stream.on("drain", onDrain);
  return { stop, isStarving: () => !isOver && !stream.isPaused() };
}
