import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server, TLSSocket } from "node:tls";
import { collectDefaultMetrics, Counter, Histogram, Registry } from "prom-client";
import { REFUSAL_REASONS } from "../../trust/judging/alerts.ts";
import type { ChannelMessages } from "../../guard/channels.ts";
import { CUT_REASONS } from "../../trust/happenings/cut-reason.ts";
import type { Guard } from "../../guard/guard.ts";
import { connectionOf } from "../../guard/connection/peer-of.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { ListenerConfig } from "../config/config.ts";
import { type GatewayEvent, UPSTREAM_PROBLEMS } from "../gateway-event.ts";
import { addGauges } from "./gateway-gauges.ts";
import { ListenerTallies, type Tally } from "./listener-tallies.ts";
import { PeerLabels } from "./peer-labels.ts";
import { createPolledCounter } from "./polled-counter.ts";

export interface GatewayMetricsOptions {
  readonly store: TrustStore;
  readonly peerLabels: boolean;
}

const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const REQUEST_BUCKETS = [...LATENCY_BUCKETS, 30, 60];

/** Counts what a gateway does in one process. Most is read from its guards when somebody asks. */
export class GatewayMetrics implements Disposable {
  readonly registry: Registry = new Registry();
  readonly #tallies = new ListenerTallies();
  readonly #unlisten = new Map<Server, () => void>();
  readonly #peers: PeerLabels | undefined;
  readonly #stopGauges: () => void;
  readonly #refusals: Counter<"listener" | "reason">;
  readonly #tlsErrors: Counter<"listener">;
  readonly #firstUses: Counter<"listener">;
  readonly #upstreamErrors: Counter<"listener" | "problem">;
  readonly #malformed: Counter<"listener">;
  readonly #proxyHeaders: Counter<"listener">;
  readonly #handshakes: Histogram<"listener">;
  readonly #upstreamConnects: Histogram<"listener">;
  readonly #requests: Histogram<"listener" | "status">;

  constructor({ store, peerLabels }: GatewayMetricsOptions) {
    const registers: [Registry] = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#peers = peerLabels ? new PeerLabels(registers) : undefined;
    const counter = <Label extends string>(
      name: string,
      help: string,
      ...labelNames: Label[]
    ): Counter<Label> => new Counter({ name, help, labelNames, registers });
    this.#refusals = counter(
      "handclasp_refusals_total",
      "Clients that were refused, by reason.",
      "listener",
      "reason",
    );
    this.#tlsErrors = counter("handclasp_tls_errors_total", "Handshakes that TLS itself ended.", "listener");
    this.#firstUses = counter(
      "handclasp_first_uses_total",
      "Keys that were met for the first time and let in.",
      "listener",
    );
    this.#upstreamErrors = counter(
      "handclasp_upstream_errors_total",
      "Connections to the upstream that could not be made, or broke.",
      "listener",
      "problem",
    );
    this.#malformed = counter(
      "handclasp_malformed_requests_total",
      "What was no request in mode http, and ended its connection.",
      "listener",
    );
    this.#proxyHeaders = counter(
      "handclasp_proxy_headers_refused_total",
      "Connections of proxies that ended for their PROXY header.",
      "listener",
    );
    const histogram = <Label extends string>(
      name: string,
      help: string,
      buckets: number[],
      ...labelNames: Label[]
    ): Histogram<Label> => new Histogram({ name, help, buckets, labelNames, registers });
    this.#handshakes = histogram(
      "handclasp_handshake_seconds",
      "From accepting a connection to letting it in.",
      LATENCY_BUCKETS,
      "listener",
    );
    this.#upstreamConnects = histogram(
      "handclasp_upstream_connect_seconds",
      "Making a connection to the upstream, in mode tcp.",
      LATENCY_BUCKETS,
      "listener",
    );
    this.#requests = histogram(
      "handclasp_request_seconds",
      "Requests in mode http, from their head to the end of the answer, by class of status.",
      REQUEST_BUCKETS,
      "listener",
      "status",
    );
    this.#addPolled(registers);
    this.#stopGauges = addGauges({ registry: this.registry, store, guards: () => this.#tallies.guards });
    subscribe("handclasp:refused", this.#onRefused);
    subscribe("handclasp:met", this.#onMet);
  }

  /** Takes note of what the gateway tells. */
  readonly onEvent = (event: GatewayEvent): void => {
    const listener = event.listener.name ?? "";
    switch (event.type) {
      case "server-opened":
        this.#watch(event.server, event.guard, event.listener);
        break;
      case "server-closed":
        this.#unlisten.get(event.server)?.();
        this.#unlisten.delete(event.server);
        this.#tallies.close(event.server);
        break;
      case "malformed-request":
        this.#malformed.inc({ listener });
        break;
      case "proxy-header-refused":
        this.#proxyHeaders.inc({ listener });
        break;
      case "upstream-failed":
        this.#upstreamErrors.inc({ listener, problem: event.problem });
        break;
      case "upstream-connected":
        this.#upstreamConnects.observe({ listener }, event.durationMs / 1000);
        break;
      case "relayed":
        this.#tallies.moved(listener, event.bytesIn, event.bytesOut);
        break;
      case "exchanged": {
        const status = event.status === undefined ? "none" : `${Math.floor(event.status / 100)}xx`;
        this.#requests.observe({ listener, status }, event.durationMs / 1000);
        break;
      }
    }
  };

  [Symbol.dispose](): void {
    unsubscribe("handclasp:refused", this.#onRefused);
    unsubscribe("handclasp:met", this.#onMet);
    for (const unlisten of this.#unlisten.values()) unlisten();
    this.#stopGauges();
  }

  readonly #onRefused = (message: unknown): void => {
    const { server, reason } = message as ChannelMessages["handclasp:refused"];
    const listener = this.#tallies.listenerOf(server);
    if (listener !== undefined) this.#refusals.inc({ listener, reason });
  };

  readonly #onMet = (message: unknown): void => {
    const listener = this.#tallies.listenerOf((message as ChannelMessages["handclasp:met"]).server);
    if (listener !== undefined) this.#firstUses.inc({ listener });
  };

  #watch(server: Server, guard: Guard, { name, mode }: ListenerConfig): void {
    const listener = name ?? "";
    this.#tallies.open(server, listener, guard);
    // So that they are there, at 0, before anything happens: what begins at 1 has not increased for Prometheus.
    const counters = [this.#firstUses, this.#tlsErrors, this.#malformed, this.#proxyHeaders];
    for (const counter of counters) counter.inc({ listener }, 0);
    for (const reason of REFUSAL_REASONS) this.#refusals.inc({ listener, reason }, 0);
    for (const problem of UPSTREAM_PROBLEMS) this.#upstreamErrors.inc({ listener, problem }, 0);
    const handshakes = this.#handshakes.labels({ listener });
    const onSecure = (socket: TLSSocket): void => {
      const connection = connectionOf(socket);
      if (connection !== undefined) handshakes.observe((performance.now() - connection.acceptedAt) / 1000);
      this.#peers?.admitted(connection?.peer?.name);
      if (mode === "tcp") return;
      socket.once("close", () => this.#tallies.moved(listener, socket.bytesRead, socket.bytesWritten));
    };
    const onTlsError = (): void => this.#tlsErrors.inc({ listener });
    server.on("secureConnection", onSecure).on("tlsClientError", onTlsError);
    this.#unlisten.set(
      server,
      () => void server.off("secureConnection", onSecure).off("tlsClientError", onTlsError),
    );
  }

  #addPolled(registers: [Registry]): void {
    type Values = (tally: Tally) => readonly (readonly [labels: readonly string[], count: number])[];
    const add = (name: string, help: string, labels: readonly string[], values: Values): void => {
      const tallies = this.#tallies;
      createPolledCounter({
        name,
        help,
        labelNames: ["listener", ...labels],
        registers,
        *read() {
          for (const [listener, tally] of tallies.now()) {
            for (const [given, count] of values(tally)) yield [[listener, ...given], count] as const;
          }
        },
      });
    };
    add("handclasp_accepted_total", "Connections, whatever became of them.", [], ({ stats }) => [
      [[], stats.accepted],
    ]);
    add("handclasp_handshakes_total", "Handshakes by what became of them.", ["verdict"], ({ stats }) => [
      [["admitted"], stats.admitted],
      [["anonymous"], stats.anonymous],
      [["refused"], stats.refused],
      [["timed-out"], stats.timedOut],
      [["dropped"], stats.dropped],
      [["penalised"], stats.penalised],
    ]);
    add("handclasp_cut_total", "Open connections that were ended, and why.", ["reason"], ({ stats }) => [
      ...CUT_REASONS.map((reason) => [[reason], stats.cut[reason]] as const),
      [["renegotiated"], stats.renegotiated],
    ]);
    add(
      "handclasp_bytes_total",
      "Bytes of clients that were let in, with what TLS adds.",
      ["direction"],
      (tally) => [
        [["received"], tally.bytesIn],
        [["sent"], tally.bytesOut],
      ],
    );
  }
}
