import { collectDefaultMetrics, Counter, Histogram, Registry } from "prom-client";
import { REFUSAL_REASONS } from "../../trust/judging/alerts.ts";
import { CUT_REASONS } from "../../trust/happenings/cut-reason.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { HappeningOf } from "../../trust/happenings/happening.ts";
import type { Happenings } from "../../trust/happenings/happenings.ts";
import { UPSTREAM_FAILURES } from "../../trust/happenings/gateway-happening.ts";
import type { OpenedServer } from "../service/opened-server.ts";
import { addGauges } from "./gateway-gauges.ts";
import { ListenerTallies, type Tally } from "./listener-tallies.ts";
import { PeerLabels } from "./peer-labels.ts";
import { createPolledCounter } from "./polled-counter.ts";
import { addReplicationGauges } from "./replication-gauges.ts";
import { FIRST_USES, REFUSALS } from "./shared-metrics.ts";

interface GatewayMetricsOptions {
  readonly store: TrustStore;
  readonly peerLabels: boolean;
  /** Of the gateway that is counted. */
  readonly happenings: Happenings;
}

/** What is counted as it happens; all else is read from guards. */
const COUNTED = [
  "met",
  "rotated",
  "recognised",
  "anonymous",
  "refused",
  "closed",
  "handshake-failed",
  "malformed-request",
  "proxy-header-refused",
  "upstream-failed",
  "upstream-connected",
  "exchanged",
] as const;
type Counted = HappeningOf<(typeof COUNTED)[number]>;

const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const REQUEST_BUCKETS = [...LATENCY_BUCKETS, 30, 60];

/** Counts what a gateway does in one process. Most is read from its guards when somebody asks. */
export class GatewayMetrics implements Disposable {
  readonly registry: Registry = new Registry();
  readonly #tallies = new ListenerTallies();
  readonly #unsubscribe: () => void;
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

  constructor({ store, peerLabels, happenings }: GatewayMetricsOptions) {
    const registers: [Registry] = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#peers = peerLabels ? new PeerLabels(registers) : undefined;
    const counter = <Label extends string>(
      name: string,
      help: string,
      ...labelNames: Label[]
    ): Counter<Label> => new Counter({ name, help, labelNames, registers });
    this.#refusals = new Counter({ ...REFUSALS, registers });
    this.#tlsErrors = counter("handclasp_tls_errors_total", "Handshakes that TLS itself ended.", "listener");
    this.#firstUses = new Counter({ ...FIRST_USES, registers });
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
    addReplicationGauges(this.registry, store);
    this.#unsubscribe = happenings.subscribe(COUNTED, (happening) => this.#count(happening));
  }

  /** Counts what a server's guard does from now on. Returns how to stop. */
  watch({ guard, listener: { name } }: OpenedServer): () => void {
    const listener = labelOf(name);
    this.#tallies.open(guard, listener);
    // So that they are there, at 0, before anything happens: what begins at 1 has not increased for Prometheus.
    const counters = [this.#firstUses, this.#tlsErrors, this.#malformed, this.#proxyHeaders];
    for (const counter of counters) counter.inc({ listener }, 0);
    for (const reason of REFUSAL_REASONS) this.#refusals.inc({ listener, reason }, 0);
    for (const problem of UPSTREAM_FAILURES) this.#upstreamErrors.inc({ listener, problem }, 0);
    return () => this.#tallies.close(guard);
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
    this.#stopGauges();
  }

  #count(happening: Counted): void {
    const listener = labelOf(
      "connection" in happening && happening.connection !== undefined
        ? happening.connection.listener
        : "listener" in happening
          ? happening.listener
          : null,
    );
    switch (happening.type) {
      case "met":
        this.#firstUses.inc({ listener });
        this.#admitted(listener, happening.durationMs, happening.peer.name);
        break;
      case "rotated":
      case "recognised":
        this.#admitted(listener, happening.durationMs, happening.peer.name);
        break;
      case "anonymous":
        this.#admitted(listener, happening.durationMs, undefined);
        break;
      case "refused":
        this.#refusals.inc({ listener, reason: happening.reason });
        break;
      case "closed":
        this.#tallies.moved(listener, happening.bytesIn, happening.bytesOut);
        break;
      case "handshake-failed":
        this.#tlsErrors.inc({ listener });
        break;
      case "malformed-request":
        this.#malformed.inc({ listener });
        break;
      case "proxy-header-refused":
        this.#proxyHeaders.inc({ listener });
        break;
      case "upstream-failed":
        this.#upstreamErrors.inc({ listener, problem: happening.failure });
        break;
      case "upstream-connected":
        this.#upstreamConnects.observe({ listener }, happening.durationMs / 1000);
        break;
      case "exchanged": {
        const status = happening.status === undefined ? "none" : `${Math.floor(happening.status / 100)}xx`;
        this.#requests.observe({ listener, status }, happening.durationMs / 1000);
        break;
      }
    }
  }

  #admitted(listener: string, durationMs: number, peer: string | undefined): void {
    this.#handshakes.observe({ listener }, durationMs / 1000);
    this.#peers?.admitted(peer);
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

/** Series of one name have the same labels: without a name a listener has an empty one, which counts as none. */
function labelOf(listener: string | null): string {
  return listener ?? "";
}
