import type { IncomingMessage, ServerResponse } from "node:http";
import { get, type RequestOptions } from "node:https";
import type { Agent } from "node:https";
import { WebSocketServer } from "ws";
import type { ClientOptions } from "../../../src/client/connection/connect.ts";
import { KnownServers } from "../../../src/client/servers/known-servers.ts";
import { peerOf } from "../../../src/guard/connection/peer-of.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { Operator } from "../../../src/operator/operator.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import type { CreatedIdentity } from "../../../src/x509/create-identity.ts";
import { openScene, type Scene, type SceneOptions } from "../../guard/support/scene.ts";
import { PATIENCE_MS } from "../../support/patience.ts";
import { identity, shownBy } from "./listening.ts";

/** What the server tells each client about itself. */
export interface Seen {
  readonly peer: string;
  readonly connection: string;
  readonly resumed: boolean;
  readonly httpVersion: string;
}

/** A guarded web server that answers with `Seen`, to requests and to web sockets. */
export interface WebScene extends Scene {
  readonly own: CreatedIdentity;
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly url: string;
  /** `req.url` of all requests that came through. */
  readonly asked: readonly string[];
}

export async function openWeb(
  options: SceneOptions & { readonly kind: "https" | "http2" },
): Promise<WebScene> {
  const own = await identity("localhost");
  const asked: string[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    asked.push(request.url ?? "");
    const location = new URL(request.url ?? "/", "https://localhost").searchParams.get("to");
    if (location === null) response.end(JSON.stringify(seenIn(request)));
    else response.writeHead(302, { location }).end();
  };
  const scene = await openScene({
    ...options,
    server: { ...shownBy(own), ...options.server },
    prepare: (server) => {
      // Who comes a moment later still finds the connection open.
      Object.assign(server, { keepAliveTimeout: PATIENCE_MS });
      server.on("request", answer);
      const webSockets = new WebSocketServer({ noServer: true });
      server.on("upgrade", (request: IncomingMessage, socket, head: Buffer) => {
        webSockets.handleUpgrade(request, socket, head, (webSocket) => {
          webSocket.send(JSON.stringify(seenIn(request)));
        });
      });
    },
  });
  const address = `127.0.0.1:${scene.port}`;
  return { ...scene, own, asked, address, url: `https://${address}/` };
}

function seenIn(request: IncomingMessage): Seen {
  const { name = "", connection = "", resumed = false } = peerOf(request) ?? {};
  return { peer: name, connection, resumed, httpVersion: request.httpVersion };
}

/** What a client knows, and how it changes its mind. */
export interface Visitor extends AsyncDisposable {
  readonly options: ClientOptions;
  readonly store: TrustStore;
  readonly knownServers: KnownServers;
  readonly operator: Operator;
}

export async function openVisitor(name: string, more: Partial<ClientOptions> = {}): Promise<Visitor> {
  const store = openMemoryStore();
  const knownServers = new KnownServers(store, { now: Date.now, process: "test" });
  const { privateKeyPem, certificatePem } = await identity(name);
  return {
    options: { identity: { key: privateKeyPem, certificate: certificatePem }, knownServers, ...more },
    store,
    knownServers,
    operator: new Operator(store, { user: "test", process: "test", now: Date.now }),
    [Symbol.asyncDispose]: () => store.close(),
  };
}

/** One request with `https.get`, read to its end. */
export function getJson(agent: Agent, url: string, options: RequestOptions = {}): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("error", reject);
      response.on("end", () => resolve(JSON.parse(text) as Seen));
    });
    request.on("timeout", () => request.destroy(new Error("timed out")));
    request.on("error", reject);
  });
}
