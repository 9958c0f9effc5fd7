import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AggregatorRegistry, type MetricObject, Registry, type RegistryContentType } from "prom-client";
import type { ServerAddress } from "../../client/servers/server-address.ts";
import { cannotListen } from "../listening/cannot-listen.ts";
import type { Health, WorkerReport } from "../workers/worker-message.ts";
import { whyUnready } from "../workers/why-unready.ts";

export interface MetricsServerOptions {
  readonly listen: ServerAddress;
  /** What the processes of the gateway counted. */
  readonly reports: () => Promise<readonly WorkerReport[]>;
  readonly health: () => Promise<readonly Health[]>;
}

const TEXT = "text/plain; charset=utf-8";

/** Answers `/metrics`, `/healthz` and `/readyz`, for all processes of a gateway. */
export class MetricsServer implements AsyncDisposable {
  /** From now on `/readyz` says no: connections are only finished. */
  draining = false;
  readonly #options: MetricsServerOptions;
  readonly #server: Server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });

  constructor(options: MetricsServerOptions) {
    this.#options = options;
  }

  /** Starts to answer; returns the address with the port that port 0 picked. */
  async listen(): Promise<ServerAddress> {
    const { host, port } = this.#options.listen;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Later, that a connection could not be accepted: another one may be.
    this.#server.on("error", reject).listen(port, host, resolve);
    await promise.catch((error: unknown) => {
      throw cannotListen(this.#options.listen, error);
    });
    return { host, port: (this.#server.address() as AddressInfo).port };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    if (this.#server.listening) await promise;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD", "content-type": TEXT }).end("GET or HEAD\n");
      return;
    }
    switch (request.url?.split("?")[0]) {
      case "/metrics":
        return await this.#metrics(request, response);
      case "/healthz":
        return send(response, 200, TEXT, "ok\n");
      case "/readyz": {
        const unready = await this.#unready();
        return send(response, unready === null ? 200 : 503, TEXT, `${unready ?? "ready"}\n`);
      }
      default:
        return send(response, 404, TEXT, "/metrics, /healthz, /readyz\n");
    }
  }

  async #metrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const open = request.headers.accept?.includes("application/openmetrics-text") === true;
    const registry = aggregate(await this.#options.reports(), open);
    send(response, 200, registry.contentType, await registry.metrics());
  }

  async #unready(): Promise<string | null> {
    if (this.draining) return "draining";
    return whyUnready(await this.#options.health());
  }
}

/** Of all processes, each metric as its aggregator says: counters and most gauges add up. */
export function aggregate(
  reports: readonly WorkerReport[],
  openMetrics: boolean,
): Registry<RegistryContentType> {
  // In OpenMetrics a counter's name has no `_total`, its values' names have: prom-client adds it to aggregated ones again.
  const named = (metric: MetricObject): MetricObject =>
    openMetrics && String(metric.type) === "counter"
      ? { ...metric, name: metric.name.replace(/_total$/, "") }
      : metric;
  const all = reports.map(({ metrics }) => (metrics as MetricObject[]).map(named));
  const registry = AggregatorRegistry.aggregate<RegistryContentType>(all);
  if (openMetrics) registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
}
