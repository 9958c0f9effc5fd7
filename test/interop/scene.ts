import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import {
  type ChannelMessages,
  createIdentity,
  type FirstUse,
  guard,
  openMemoryStore,
  Operator,
  peerOf,
  rotateIdentity,
  saveIdentity,
  Trust,
} from "../../src/index.ts";
import type { Client, TlsVersion } from "./stack.ts";
import { keysIn } from "../support/listed.ts";

const DAY_MS = 24 * 3600 * 1000;
type ServerMessage = ChannelMessages[keyof ChannelMessages];
const CHANNELS = ["met", "recognised", "refused", "error"] as const;

/** What a guarded server made of a connection, in words: `met`, `recognised`, `recognised resumed`, `refused revoked`. */
export type Finding = string;

/** An HTTPS server that takes one version of TLS and greets whom it admits. */
export class GuardedServer implements AsyncDisposable {
  readonly findings: Finding[] = [];
  readonly #server: Server;
  readonly #trust: Trust;
  readonly #listeners = CHANNELS.map((name) => {
    const listener = (message: unknown): void => this.#note(name, message as ServerMessage);
    subscribe(`handclasp:${name}`, listener);
    return () => unsubscribe(`handclasp:${name}`, listener);
  });

  private constructor(server: Server, trust: Trust) {
    this.#server = server;
    this.#trust = trust;
  }

  static async open(identity: PemPair, version: TlsVersion, firstUse: FirstUse): Promise<GuardedServer> {
    const trust = new Trust(openMemoryStore(), { policy: { firstUse }, now: Date.now, process: "interop" });
    const server = createServer(
      { ...identity, minVersion: version, maxVersion: version },
      (request, response) => {
        const peer = peerOf(request);
        const how = `${peer?.firstUse ? "met" : "known"}${peer?.resumed ? ", resumed" : ""}`;
        response.setHeader("connection", "close");
        response.end(`Hello, ${peer?.name}: ${how}\n`);
      },
    );
    guard(server, trust);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new GuardedServer(server, trust);
  }

  get url(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Revokes everybody; false when there is nobody. */
  async revokeAll(): Promise<boolean> {
    const { store } = this.#trust;
    const operator = new Operator(store, { user: "interop", process: "interop", now: Date.now });
    const pins = (await keysIn(store)).map(({ pin }) => pin);
    for (const pin of pins) await operator.revoke(pin);
    return pins.length > 0;
  }

  #note(channel: (typeof CHANNELS)[number], message: ServerMessage): void {
    if (message.server !== this.#server) return;
    const { reason, peer, error } = message as {
      readonly reason?: string;
      readonly peer?: { readonly resumed?: boolean } | string | null;
      readonly error?: unknown;
    };
    const resumed = typeof peer === "object" && peer?.resumed === true ? "resumed" : undefined;
    this.findings.push(
      [channel, reason, resumed, error === undefined ? undefined : inspect(error)]
        .filter((word) => word !== undefined)
        .join(" "),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#listeners) stop();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#trust[Symbol.asyncDispose]();
    await this.#trust.store[Symbol.asyncDispose]();
  }
}

interface PemPair {
  readonly key: string;
  readonly cert: string;
}

const ROLES = ["anna", "impostor", "outdated"] as const;
/** Anna; another who calls herself anna; one whose certificate ran out. */
export type Role = (typeof ROLES)[number];

/** Servers of one version of TLS with empty stores, and a folder for each client, with `anna.pem`, `anna.key` and `server.pem`. */
export class Scene implements AsyncDisposable {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "handclasp-interop-"));
  readonly #servers = new Map<FirstUse, GuardedServer>();

  static async open(version: TlsVersion, prepare: Client["prepare"] = () => undefined): Promise<Scene> {
    const scene = new Scene();
    const identity = await makeRotatedPair(join(scene.#folder, "identities"), "localhost");
    for (const firstUse of ["accept", "ask", "refuse"] as const) {
      scene.#servers.set(firstUse, await GuardedServer.open(identity, version, firstUse));
    }
    for (const role of ROLES) {
      const made =
        role === "outdated"
          ? await makePair("otto", Date.now() - 2 * DAY_MS)
          : await makePair("anna", Date.now());
      const folder = scene.folder(role);
      mkdirSync(folder);
      writeFileSync(join(folder, "anna.pem"), made.cert);
      writeFileSync(join(folder, "anna.key"), made.key);
      writeFileSync(join(folder, "server.pem"), identity.cert);
      await prepare(folder);
    }
    return scene;
  }

  folder(role: Role): string {
    return join(this.#folder, role);
  }

  server(firstUse: FirstUse): GuardedServer {
    const server = this.#servers.get(firstUse);
    if (server === undefined) throw new Error(`no server for ${firstUse}`);
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.values()) await server[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A server whose key was rotated: its certificate carries what the old one said of it, which no client may stumble over. */
async function makeRotatedPair(folder: string, name: string): Promise<PemPair> {
  const { key, cert: certificate } = await makePair(name, Date.now());
  saveIdentity(folder, "server", { key, certificate });
  const rotated = await rotateIdentity(folder, "server", { now: Date.now });
  return { key: rotated.key, cert: rotated.certificate };
}

async function makePair(name: string, madeAt: number): Promise<PemPair> {
  const { privateKeyPem, certificatePem } = await createIdentity({
    name,
    now: new Date(madeAt),
    days: madeAt < Date.now() - DAY_MS ? 1 : 365,
  });
  return { key: privateKeyPem, cert: certificatePem };
}
