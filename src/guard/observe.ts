import type { Duplex } from "node:stream";
import type { Server } from "node:tls";
import { check, checkOptions, COUNT, FUNCTION, type OptionRules } from "../check-options.ts";
import { HandshakeObserver, type HandshakeObserverOptions } from "../tls/observer/handshake-observer.ts";
import type { ConnectionListener } from "../tls/observer/connection-event.ts";
import type { TraceMessage, TraceProblem } from "../tls/observer/trace-message.ts";
import { checkServer } from "./check-server.ts";
import { CHANNELS, type ErrorMessage } from "./channels.ts";
import { listenerOf } from "./connection/guarded-servers.ts";
import { socketAddress } from "./connection/remote-address.ts";
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
      return observing({
        connection: id,
        onMessage: report(onMessage),
        ...(onProblem !== undefined && { onProblem: report(onProblem) }),
        ...(maxBytes !== undefined && { maxBytes }),
      });
    },
  });
  return { close: stop, [Symbol.dispose]: stop };
}

/** Reads what happens on a connection to a server. */
function observing(options: Omit<HandshakeObserverOptions, "now">): ConnectionListener {
  let time = 0;
  const observer = new HandshakeObserver({ ...options, now: () => time });
  return (event) => {
    time = event.timeMs ?? time;
    switch (event.kind) {
      case "data":
        if (event.sender === "client") observer.read(event.bytes);
        else observer.wrote(event.bytes);
        break;
      case "secret": {
        const { label, clientRandom, secret } = event.entry;
        observer.secret(label, clientRandom, secret);
        break;
      }
      case "close":
        observer.end();
        break;
    }
  };
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
