// Two services behind every server of the comparison, in a process of their own, each over HTTP/1.1 and over h2c. An
// answer repeats the request's `x-id` and says which of the two gave it. SIGTERM has them answer what they were asked and
// end. Arguments: their ports, `HTTP,H2C` each, where another process had them before.
import { createServer as createHttpServer, type Server } from "node:http";
import {
  createServer as createHttp2Server,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";

/** One service's ports. */
export interface ServicePorts {
  readonly http: number;
  readonly h2c: number;
}

/** How long an answer takes, at the most. */
const SLOWEST_MS = 40;
const GRACE_MS = 2000;

class Service {
  readonly #name: string;
  readonly #sessions = new Set<ServerHttp2Session>();
  #http: Server | undefined;
  #h2c: Http2Server | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  async start({ http, h2c }: ServicePorts): Promise<ServicePorts> {
    this.#http = createHttpServer({ keepAliveTimeout: 600_000 }, (request, response) => {
      this.#answer(request, request.headers["x-id"], (fields, body) => {
        response.shouldKeepAlive &&= this.#http?.listening === true;
        response.writeHead(200, fields);
        response.end(body);
      });
    });
    this.#h2c = createHttp2Server();
    this.#h2c.on("session", (session) => {
      this.#sessions.add(session);
      session.on("close", () => this.#sessions.delete(session));
      session.on("error", () => undefined);
    });
    this.#h2c.on("stream", (stream: ServerHttp2Stream, headers) => {
      stream.on("error", () => undefined);
      this.#answer(stream, headers["x-id"], (fields, body) => {
        if (stream.destroyed) return;
        stream.respond({ ":status": 200, ...fields });
        stream.end(body);
      });
    });
    return { http: await listen(this.#http, http), h2c: await listen(this.#h2c, h2c) };
  }

  async stop(): Promise<void> {
    const closed = [this.#http, this.#h2c].map(
      (server) => new Promise((resolve) => server?.close(resolve) ?? resolve(undefined)),
    );
    for (const session of this.#sessions) session.close();
    // What was busy when the server closed is idle later.
    const closing = setInterval(() => this.#http?.closeIdleConnections(), 10);
    await Promise.all(closed);
    clearInterval(closing);
  }

  #answer(
    request: NodeJS.ReadableStream,
    id: string | readonly string[] | undefined,
    send: (fields: Record<string, string>, body: string) => void,
  ): void {
    request.resume();
    request.once("end", () => {
      const fields = { "x-id": String(id), "x-service": this.#name, "content-length": "1024" };
      setTimeout(() => send(fields, "x".repeat(1024)), Math.random() * SLOWEST_MS);
    });
  }
}

async function listen(server: Server | Http2Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ port, host: "127.0.0.1", backlog: 4096 }, resolve);
  await promise;
  return (server.address() as AddressInfo).port;
}

const given = process.argv.slice(2).map((ports) => ports.split(",").map(Number));
const services = [new Service("0"), new Service("1")];
process.on("disconnect", () => process.exit());
process.once("SIGTERM", () => {
  setTimeout(() => process.exit(), GRACE_MS);
  void Promise.all(services.map((service) => service.stop())).then(() => process.exit());
});
process.send?.(
  await Promise.all(
    services.map((service, at) => {
      const [http = 0, h2c = 0] = given[at] ?? [];
      return service.start({ http, h2c });
    }),
  ),
);
