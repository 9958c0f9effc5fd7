import type { SocketConstructorOpts, TcpSocketConnectOpts, IpcSocketConnectOpts } from "node:net";
import type { Upstream } from "../config/config.ts";
import { UpstreamSocket } from "./upstream-socket.ts";
import { Deadline } from "../../deadline.ts";

/** Between two attempts: the first, and what it grows to. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 250;

/** How long a connection to the upstream may take. */
export interface ConnectLimits {
  /** For one attempt. */
  readonly connectTimeoutMs: number;
  /** For other attempts after one that failed; 0 for none. */
  readonly connectRetryMs: number;
}

/** Nothing came in the time there was. */
export class UpstreamTimeout extends Error {
  readonly code = "ETIMEDOUT";
}

/** Whether anybody waits for a connection; looked at before another attempt, which a client that may be gone is not worth. */
export type IsAwaited = () => boolean;

type Connected = (error: Error | undefined, socket: UpstreamSocket | undefined) => void;

/**
 * Opens a connection to where a listener's clients are taken, by a name that is looked up anew each time. An upstream
 * that is just being restarted gets another attempt: nothing was sent yet. Returns how to give up; nothing is told then.
 */
export function connectUpstream(
  to: Upstream,
  limits: ConnectLimits,
  connected: Connected,
  options: SocketConstructorOpts = {},
  isAwaited: IsAwaited = () => true,
): () => void {
  const lastAt = performance.now() + limits.connectRetryMs;
  let pauseMs = FIRST_PAUSE_MS;
  let giveUp = attempt();
  return () => giveUp();

  function attempt(): () => void {
    return connectOnce(to, limits.connectTimeoutMs, options, (error, socket) => {
      if (error === undefined || performance.now() + pauseMs > lastAt || !isAwaited()) {
        giveUp = () => undefined;
        connected(error, socket);
        return;
      }
      const timer = setTimeout(() => {
        giveUp = attempt();
      }, pauseMs);
      giveUp = () => clearTimeout(timer);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    });
  }
}

function connectOnce(
  to: Upstream,
  timeoutMs: number,
  options: SocketConstructorOpts,
  connected: Connected,
): () => void {
  const socket = new UpstreamSocket(options);
  const late = new Deadline(timeoutMs, () => {
    socket.destroy(new UpstreamTimeout(`no connection within ${timeoutMs} ms`));
  });
  const onError = (error: Error): void => {
    late[Symbol.dispose]();
    connected(error, undefined);
  };
  const onConnect = (): void => {
    late[Symbol.dispose]();
    socket.off("error", onError);
    connected(undefined, socket);
  };
  socket.once("error", onError);
  socket.once("connect", onConnect);
  socket.connect(addressOf(to));
  return () => {
    late[Symbol.dispose]();
    socket.off("connect", onConnect);
    socket.off("error", onError);
    socket.on("error", () => undefined);
    socket.destroy();
  };
}

function addressOf(to: Upstream): TcpSocketConnectOpts | IpcSocketConnectOpts {
  return to.kind === "unix" ? { path: to.path } : { host: to.address.host, port: to.address.port };
}
