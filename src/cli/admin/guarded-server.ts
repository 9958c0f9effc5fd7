import { constants } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import { getRequestListener } from "@hono/node-server";
import type { Admin } from "../../admin/admin.ts";
import type { Identified } from "../../admin/call/caller.ts";
import type { PageFiles } from "../../admin/page/page-files.ts";
import type { IdentityPem } from "../../client/identities/identity.ts";
import { formatServerAddress, type ServerAddress } from "../../client/servers/server-address.ts";
import type { AdminConfig } from "../../gateway/config/config.ts";
import { type Guard, guard } from "../../guard/guard.ts";
import { peerOf } from "../../guard/connection/peer-of.ts";
import type { RefusedClient } from "../../guard/refusal/waiting-room.ts";
import { scopeOfPeer } from "../../operator/scope.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import { escapeText, nameKey } from "../../trust/naming/peer-name.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { Trust } from "../../trust/trust.ts";
import { listen } from "../process/listen.ts";
import { processName } from "../trust-store/process-name.ts";
import { boundServer, TIME_TO_ASK } from "./bound-server.ts";
import { commandsToLetIn } from "./commands-to-let-in.ts";
import { openAdmin } from "./open-admin.ts";

/** What the list of connections calls it. */
const LISTENER = "admin";

export interface GuardedServerOptions {
  readonly config: AdminConfig;
  readonly store: TrustStore;
  readonly identity: IdentityPem;
  readonly page: PageFiles;
  readonly verb: string;
  readonly version: string;
  readonly maxPending: number;
  readonly onError: (error: unknown) => void;
}

/** Serves the page over TLS, guarded like any server: operators are peers that it trusts, in groups of operators. */
export class GuardedServer implements AsyncDisposable {
  readonly address: ServerAddress;
  /** What it may be called, the first of them first. */
  readonly hosts: readonly string[];
  readonly #server: Server;
  /** Has the connections of clients that are refused, and knows nobody's. */
  readonly #refusedServer: Server;
  readonly #guard: Guard;
  readonly #trust: Trust;
  readonly #admin: Admin;

  static async open(options: GuardedServerOptions): Promise<GuardedServer> {
    const { config, store, identity, verb, maxPending, onError } = options;
    const trust = new Trust(store, {
      // Whoever comes here wants to decide about others: having come first is no reason to let anybody in.
      policy: { firstUse: "ask" },
      now: Date.now,
      monotonic: () => performance.now(),
      process: processName(verb),
      maxPending,
      onError,
    });
    const { promise: admin, resolve } = Promise.withResolvers<Admin>();
    const answer = getRequestListener(async (request, env) => (await admin).fetch(request, env.incoming), {
      overrideGlobalObjects: false,
    });
    const handle: RequestListener = (request, response) => void answer(request, response);
    const server = createServer({ ...tlsOptions(identity), ...TIME_TO_ASK }, handle);
    // Its guard lets none of those stay.
    const refusedServer = createServer(handle);
    boundServer(server);
    const refused = new WeakMap<object, RefusedClient>();
    const guarded = guard(server, trust, {
      clientCertificate: "optional",
      listener: LISTENER,
      dangerouslyReceiveRefused(socket, client) {
        refused.set(socket, client);
        socket.on("error", () => undefined);
        refusedServer.emit("secureConnection", socket);
      },
    });
    const address = await listen(server, config.listen);
    const identify = (incoming: unknown): Identified => {
      const { socket } = incoming as IncomingMessage;
      const client = refused.get(socket);
      return client === undefined ? identifyPeer(store, incoming as IncomingMessage) : turnedAway(client);
    };
    const hosts = hostsOf(config, address);
    resolve(openAdmin({ ...options, hosts, transport: "tls", identify }));
    return new GuardedServer(address, {
      hosts,
      server,
      refusedServer,
      guard: guarded,
      trust,
      admin: await admin,
    });
  }

  private constructor(address: ServerAddress, opened: Opened) {
    this.address = address;
    this.hosts = opened.hosts;
    this.#server = opened.server;
    this.#refusedServer = opened.refusedServer;
    this.#guard = opened.guard;
    this.#trust = opened.trust;
    this.#admin = opened.admin;
  }

  /** Shows another key and certificate from now on. */
  present(identity: IdentityPem): void {
    this.#server.setSecureContext(tlsOptions(identity));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#admin.close();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#guard.close();
    this.#server.closeAllConnections();
    this.#refusedServer.closeAllConnections();
    await promise;
    await this.#trust[Symbol.asyncDispose]();
  }
}

interface Opened {
  readonly hosts: readonly string[];
  readonly server: Server;
  readonly refusedServer: Server;
  readonly guard: Guard;
  readonly trust: Trust;
  readonly admin: Admin;
}

function tlsOptions({ key, certificate }: IdentityPem): Parameters<typeof createServer>[0] & object {
  return {
    key,
    cert: certificate,
    minVersion: "TLSv1.2",
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    sessionIdContext: "handclasp admin",
  };
}

/** What browsers send as `Host`: without the port where it is that of https. */
function hostsOf({ hosts }: AdminConfig, address: ServerAddress): readonly string[] {
  const { port } = address;
  const named = hosts.length > 0 ? hosts : [formatServerAddress(address)];
  return named.flatMap((host) => {
    const whole = /:\d+$/.test(host) && !host.endsWith("]") ? host : `${host}:${port}`;
    return whole.endsWith(":443") ? [whole, whole.replace(/:443$/, "")] : [whole];
  });
}

/** Asked anew for each request: who is in no group any more is no operator any more. */
function identifyPeer(store: TrustStore, incoming: IncomingMessage): Identified {
  const peer = peerOf(incoming);
  if (peer === undefined) return null;
  const { pin, keyId } = peer;
  const name = store.key(pin)?.peer ?? peer.name;
  const scope = scopeOfPeer(peer.groups.map(nameKey));
  if (scope !== null) return { kind: "operator", name, scope, keyId };
  const commands = commandsToLetIn(pin, "not-an-operator");
  const about = { reason: "not-an-operator", keyId, peer: escapeText(name), commands };
  return { kind: "refused", isTurnedAway: false, ...about };
}

function turnedAway({ reason, pin, claimedName }: RefusedClient): Identified {
  const commands = commandsToLetIn(pin, reason);
  return { kind: "refused", isTurnedAway: true, reason, keyId: toKeyId(pin), peer: claimedName, commands };
}
