import type { Duplex } from "node:stream";
import type { Server } from "node:tls";
import { check, checkOptions, COUNT, FUNCTION, type OptionRules } from "../check-options.ts";
import { HandshakeObserver } from "../tls/observer/handshake-observer.ts";
import { parseKeyLogLine } from "../tls/keys/key-log.ts";
import type { TraceMessage, TraceProblem } from "../tls/observer/trace-message.ts";
import { checkServer } from "./check-server.ts";
import { CHANNELS, type ErrorMessage } from "./channels.ts";
import { listenerOf } from "./connection/guarded-servers.ts";
import { socketAddress } from "./connection/remote-address.ts";
import type { TapListener } from "./tap/tap.ts";
import { tapServer } from "./tap/tap-server.ts";

export interface ObserveOptions {
  /** Which part of the connections to observe, evenly spread: 1 (default) all, 0.01 one in a hundred, 0 none. */
  readonly sample?: number;
  /** Told what could not be read or decrypted. */
  readonly onProblem?: (problem: TraceProblem) => void;
  /** What may be held back for one connection until its secrets come, in bytes; default 256 KiB. */
  readonly maxBytes?: number;
}

const RULES: OptionRules<ObserveOptions> = {
  sample: {
    mustBe: "a number from 0 to 1",
    allows: (value) => typeof value === "number" && value >= 0 && value <= 1,
  },
  onProblem: FUNCTION,
  maxBytes: COUNT,
};

/** Ends the observing; connections already open are observed to their end. */
export interface Observation extends Disposable {
  close(): void;
}

/**
 * Tells `onMessage` each message of the handshakes of a `tls`, `https` or `http2` server, while it happens; guarded or
 * not, before or after `guard()`. Never application data. Call it before the server listens.
 *
 * What the callbacks throw goes to the diagnostics channel `handclasp:error`, never into the handshake.
 */
export function observe(
  server: Server,
  onMessage: (message: TraceMessage) => void,
  options: ObserveOptions = {},
): Observation {
  checkServer("observe()", server);
  check("what observe() tells messages", onMessage, FUNCTION);
  checkOptions("observe()", options, RULES);
  const { sample = 1, onProblem, maxBytes } = options;
  const stop = tapServer(server, {
    sample,
    onConnection({ id, transport }) {
      const report = reporter(server, id, transport);
      return observing(
        new HandshakeObserver({
          connection: id,
          now: Date.now,
          onMessage: report(onMessage),
          ...(onProblem !== undefined && { onProblem: report(onProblem) }),
          ...(maxBytes !== undefined && { maxBytes }),
        }),
      );
    },
  });
  return { close: stop, [Symbol.dispose]: stop };
}

/** Feeds an observer with what a tap hears. */
export function observing(observer: HandshakeObserver): TapListener {
  return {
    read: (bytes) => observer.read(plain(bytes)),
    wrote: (bytes) => observer.wrote(plain(bytes)),
    keyLog(line) {
      const entry = parseKeyLogLine(line);
      if (entry !== undefined) observer.secret(entry.label, entry.clientRandom, entry.secret);
    },
    closed: () => observer.end(),
  };
}

/** Views of a plain Uint8Array are cheaper than those of a Buffer. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Makes callbacks that cannot throw, nor leave a rejected promise. */
function reporter(
  server: Server,
  connection: string,
  transport: Duplex,
): <T>(callback: (value: T) => unknown) => (value: T) => void {
  const report = (error: unknown): void => {
    if (!CHANNELS.error.hasSubscribers) return;
    const remoteAddress = socketAddress(transport);
    const listener = listenerOf(server);
    CHANNELS.error.publish({ server, connection, remoteAddress, listener, error } satisfies ErrorMessage);
  };
  return (callback) => (value) => {
    try {
      const returned = callback(value);
      if (returned instanceof Promise) returned.catch(report);
    } catch (error) {
      report(error);
    }
  };
}
