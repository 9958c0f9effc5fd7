import { setImmediate } from "node:timers/promises";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { type Admin, createAdmin } from "../../../src/admin/admin.ts";
import type { PageFile, PageFiles } from "../../../src/admin/page/page-files.ts";
import { LoopbackServer } from "../../../src/cli/admin/loopback-server.ts";
import { openStoreAt } from "../../../src/store/open-store.ts";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";

/** The key of the server that tokens of tests are for. */
export const SERVER = "sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/** The page that tests serve. */
export const PAGE: PageFiles = new Map([
  ["/", toFile("text/html; charset=utf-8", "<!doctype html><title>page</title>")],
  ["/assets/main-0123456789ab.js", toFile("text/javascript", "export {};")],
]);

function toFile(type: string, text: string): PageFile {
  const bytes = Buffer.from(text);
  return { type, bytes, gzip: gzipSync(bytes), br: brotliCompressSync(bytes), etag: `"${text.length}"` };
}

/** An answer, read. */
export interface Answered<T = Readonly<Record<string, unknown>>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface AskOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The API on a store of its own, over HTTP on loopback. */
export class OpenAdmin implements AsyncDisposable {
  readonly store: TrustStore;
  readonly admin: Admin;
  readonly origin: string;
  /** What may be set back and forth. */
  readonly clock: { now: number };
  readonly #server: LoopbackServer;

  private constructor(
    opened: Pick<OpenAdmin, "store" | "admin" | "origin" | "clock">,
    server: LoopbackServer,
  ) {
    this.store = opened.store;
    this.admin = opened.admin;
    this.origin = opened.origin;
    this.clock = opened.clock;
    this.#server = server;
  }

  /** A store that is given is closed with it. */
  static async open(at: StoreUrl | TrustStore = StoreUrl.memory): Promise<OpenAdmin> {
    const store = at instanceof StoreUrl ? openStoreAt(at, { process: "test 1" }) : at;
    const clock = { now: Date.now() };
    const { promise, resolve } = Promise.withResolvers<{ admin: Admin; origin: string }>();
    const server = await LoopbackServer.open({ host: "127.0.0.1", port: 0 }, ({ port }, hosts) => {
      const admin = createAdmin({
        store,
        hosts,
        transport: "loopback",
        identify: () => null,
        page: PAGE,
        user: "operator",
        now: () => clock.now,
        monotonic: () => clock.now,
        pause: setImmediate,
        rest: setImmediate,
        process: "test 1",
        version: "0.0.0",
        commandOf: ({ act }) => `handclasp ${act}`,
        commandsForNobody: ["handclasp ui"],
        joinCommandOf: (token) => `handclasp join ${token}`,
        meantServer: () => ({ servers: ["gw.example:8443"], serverPin: SERVER }),
      });
      resolve({ admin, origin: `http://127.0.0.1:${port}` });
      return admin;
    });
    return new OpenAdmin({ store, clock, ...(await promise) }, server);
  }

  /** Signs in by a link; returns what goes along with what one asks then. */
  async signIn(): Promise<Readonly<Record<string, string>>> {
    const link = this.admin.createLink();
    const { body } = await this.ask<{ secret: string }>("/v1/session", {
      method: "POST",
      body: { link },
      headers: { origin: this.origin },
    });
    return { authorization: `Bearer ${body.secret}` };
  }

  async ask<T = Readonly<Record<string, unknown>>>(
    path: string,
    options: AskOptions = {},
  ): Promise<Answered<T>> {
    const { method = "GET", body, headers = {} } = options;
    const response = await fetch(this.origin + path, {
      method,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : text) as T,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.store.close();
  }
}
