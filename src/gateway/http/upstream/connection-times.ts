/** How long connections to an HTTP upstream are used, whatever carries the requests. */
export interface ConnectionTimes {
  /** HTTP/1.1, between two requests: upstreams close idle connections, and well before most of them do, we do. */
  readonly idleMs: number;
  /** HTTP/2, without a stream: whoever ends such a connection says so, and what was sent meanwhile is repeated. */
  readonly sessionIdleMs: number;
  /** No request begins on an older one: the upstream's name is looked up anew, and may be somewhere else by now. */
  readonly mostAgeMs: number;
  /** HTTP/2: a connection with a request on which nothing comes is asked for a sign of life, */
  readonly silenceMs: number;
  /** and has so long for it. */
  readonly pingMs: number;
}

export const CONNECTION_TIMES: ConnectionTimes = {
  idleMs: 4000,
  sessionIdleMs: 30_000,
  mostAgeMs: 60_000,
  silenceMs: 5000,
  pingMs: 2000,
};

/** Of an answer's head; Node and undici would take 16 KiB, and call more an error. */
export const MOST_HEAD_BYTES: number = 64 * 1024;
