import { connect, type Socket } from "node:net";
import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { connect as connectVerified } from "../../client/connection/connect.ts";
import { openTcp } from "../../client/starttls/open-tcp.ts";
import { formatServerAddress } from "../../client/servers/server-address.ts";
import type { KnownServers } from "../../client/servers/known-servers.ts";
import { connectedWithin } from "../../deadline.ts";
import { databasePassword } from "./database-password.ts";
import { HandclaspError, reasonOf } from "../../errors.ts";
import { type ClusterAddress, type DatabaseHost, isOnThisMachine } from "../../trust/port/cluster-address.ts";

const CONNECT_MS = 5000;

/** Gives the known servers, opened when they are first asked for. */
export type KnownDatabases = () => KnownServers;

/**
 * Connections to a database up to where its protocol begins, by TLS that nobody can talk us out of. They go to the first
 * host that answers, from the one on that did last.
 */
export class DatabaseSockets {
  readonly #address: ClusterAddress;
  readonly #known: KnownDatabases;
  readonly #open = new Set<Socket>();
  #at = 0;
  #password = "";

  constructor(address: ClusterAddress, known: KnownDatabases) {
    this.#address = address;
    this.#known = known;
  }

  /** Throws what the last host that was tried is refused for; a key that is not the one that was known, at once. */
  async open(): Promise<Socket> {
    const { hosts } = this.#address;
    for (let tried = 1; ; tried++) {
      const host = hosts[this.#at];
      if (host === undefined) throw new Error("there is no host to connect to");
      try {
        // Before anything is sent: what is wrong with where it lies is said at once.
        const password = databasePassword(this.#address, host) ?? "";
        const socket = await this.#openTo(host);
        this.#open.add(socket);
        // Ahead of whoever reads what it says, and asks in the same moment what opens it.
        socket.on("data", () => (this.#password = password));
        socket.once("close", () => {
          this.#open.delete(socket);
          // Whoever takes connections and says nothing would be asked for ever.
          if (socket.bytesRead === 0) this.#leave(host);
        });
        return socket;
      } catch (error) {
        this.#leave(host);
        if (tried >= hosts.length) throw error;
      }
    }
  }

  /** Of the host that says something just now: no other one is told it. Empty where there is none. */
  get password(): string {
    return this.#password;
  }

  /** Breaks all that are open. */
  hangUp(why: string): void {
    for (const socket of this.#open) socket.destroy(Object.assign(new Error(why), { code: "ECONNABORTED" }));
  }

  /** The next connection goes to the host after the one that answered last. */
  moveOn(): void {
    this.#at = (this.#at + 1) % this.#address.hosts.length;
  }

  /** Several connections may find the same. */
  #leave(host: DatabaseHost): void {
    const { hosts } = this.#address;
    if (hosts[this.#at] === host) this.moveOn();
  }

  async #openTo(to: DatabaseHost): Promise<Socket> {
    if (!wantsTls(this.#address, to)) return openPlain(to);
    const ca = this.#rootCertificates();
    return connectVerified({
      ...to,
      knownServers: this.#known(),
      timeoutMs: CONNECT_MS,
      openTransport: (server) => openTcp(server, "postgres"),
      ...(ca !== undefined && { ca }),
    });
  }

  /** As PEM; undefined where the key is what counts. */
  #rootCertificates(): string | undefined {
    const { rootCert, tls } = this.#address;
    if (rootCert === null && tls !== "verified") return undefined;
    if (rootCert === null || rootCert === "system") return rootCertificates.join("\n");
    try {
      return readFileSync(rootCert, "utf8");
    } catch (error) {
      throw new HandclaspError("ERR_HANDCLASP_STORE_OPEN", `cannot read sslrootcert: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }
}

function wantsTls({ tls, rootCert }: ClusterAddress, to: DatabaseHost): boolean {
  if (to.host.startsWith("/") || tls === "plain") return false;
  return tls !== "usual" || rootCert !== null || !isOnThisMachine(to);
}

async function openPlain({ host, port }: DatabaseHost): Promise<Socket> {
  const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  try {
    await connectedWithin(socket, CONNECT_MS);
    return socket;
  } catch (error) {
    const where = host.startsWith("/") ? host : formatServerAddress({ host, port });
    throw new HandclaspError("ERR_HANDCLASP_CONNECT", `${where}: ${reasonOf(error)}`, { cause: error });
  }
}
