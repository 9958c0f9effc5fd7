import { request } from "node:https";
import type { IncomingMessage } from "node:http";
import { GuardedServer } from "../../../src/cli/admin/guarded-server.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { openStoreAt } from "../../../src/store/open-store.ts";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { identity, type TestIdentity } from "../../guard/support/identities.ts";
import { PAGE } from "./open-admin.ts";

const SERVER = await identity("gw.example");

export interface GuardedAsk {
  readonly identity?: TestIdentity;
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface GuardedAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** The page over TLS, guarded, on a store of its own. */
export class OpenGuarded implements AsyncDisposable {
  readonly store: TrustStore;
  readonly operator: Operator;
  readonly origin: string;
  readonly port: number;
  /** What went wrong in it. */
  readonly errors: unknown[];
  readonly #server: GuardedServer;

  private constructor(store: TrustStore, server: GuardedServer, errors: unknown[]) {
    this.store = store;
    this.#server = server;
    this.errors = errors;
    this.port = server.address.port;
    this.origin = `https://127.0.0.1:${this.port}`;
    this.operator = new Operator(store, { user: "root", process: "test 1", now: Date.now });
  }

  static async open(): Promise<OpenGuarded> {
    const store = openStoreAt(StoreUrl.memory, { process: "test 1" });
    const errors: unknown[] = [];
    const server = await GuardedServer.open({
      config: { listen: { host: "127.0.0.1", port: 0 }, hosts: [], certificate: undefined },
      store,
      identity: { key: SERVER.key, certificate: SERVER.cert },
      page: PAGE,
      verb: "gateway",
      version: "0.0.0",
      maxPending: 100,
      onError: (error) => errors.push(error),
    });
    return new OpenGuarded(store, server, errors);
  }

  /** A trusted peer in a group. */
  async enlist(name: string, group: string): Promise<TestIdentity> {
    const made = await identity(name);
    await this.operator.import(made.facts);
    await this.operator.addToGroup(group, made.facts.pin);
    return made;
  }

  /** Asks on a connection of its own. */
  async ask(path: string, options: GuardedAsk = {}): Promise<GuardedAnswer> {
    const response = await this.open(path, options);
    const pieces: Uint8Array[] = [];
    for await (const piece of response) pieces.push(piece as Uint8Array);
    const text = Buffer.concat(pieces).toString("utf8");
    const isJson = response.headers["content-type"]?.includes("json") === true;
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : {}) as GuardedAnswer["body"],
      text,
    };
  }

  /** The same, with what comes to be read by the caller. */
  open(
    path: string,
    { identity: who, method = "GET", body, headers = {} }: GuardedAsk,
  ): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const text = body === undefined ? undefined : JSON.stringify(body);
    const sending = request(
      {
        host: "127.0.0.1",
        port: this.port,
        path,
        method,
        agent: false,
        rejectUnauthorized: false,
        ...(who && { key: who.key, cert: who.cert }),
        headers: {
          ...(text !== undefined && {
            "content-type": "application/json",
            "content-length": Buffer.byteLength(text),
          }),
          ...headers,
        },
      },
      resolve,
    );
    sending.on("error", reject);
    sending.end(text);
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.store.close();
  }
}
