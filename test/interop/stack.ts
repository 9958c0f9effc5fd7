import { join } from "node:path";
import type { AlertName } from "../../src/tls/code-points/alert.ts";

export type TlsVersion = "TLSv1.3" | "TLSv1.2";
export const BOTH_VERSIONS: readonly TlsVersion[] = ["TLSv1.3", "TLSv1.2"];

/** The alerts that every stack is made to show; all of them are the same in both versions of TLS. */
export type ShownAlert = Extract<
  AlertName,
  "certificate_revoked" | "certificate_unknown" | "certificate_expired" | "access_denied" | "unknown_ca"
>;

/** Where the client programs are that the page about other clients shows. */
export const CLIENTS: string = join(import.meta.dirname, "clients");

/** A TLS client of somebody else's making. */
export interface Stack {
  readonly name: string;
  /** The implementation of TLS in it. */
  readonly library: string;
  /** Debian packages that bring it. */
  readonly debian: readonly string[];
  /** Packages of npm with their versions, for this processor. */
  readonly npm?: readonly string[];
  /** Both when missing. */
  readonly versions?: readonly TlsVersion[];
  /** Undefined when it is not on this machine. */
  find(place: Place): Promise<Client | undefined>;
  /** What it says for each alert. */
  readonly says: Readonly<Record<ShownAlert, string | RegExp>>;
  /** Cells that it cannot fill, and why. */
  readonly cannot?: readonly Inability[];
}

/** What a stack does not do by its nature. */
export interface Inability {
  readonly of: "resumed" | "alert";
  readonly version?: TlsVersion;
  /** Of some alerts only. */
  readonly alerts?: readonly ShownAlert[];
  /** What it says instead of the alert. */
  readonly instead?: string | RegExp;
  /** What the server refuses it for instead of the reason that belongs to the alert. */
  readonly reason?: string;
  readonly why: string;
}

/** Where programs may be built and packages of npm are. */
export interface Place {
  readonly build: string;
  readonly npm: string;
}

/** A program that asks one `https:` URL after another and prints the answers; it reads anna.pem, anna.key, server.pem. */
export interface Client {
  /** Of the TLS library. */
  readonly version: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Makes what else it wants beside the PEM files. */
  readonly prepare?: (folder: string) => Promise<void> | void;
}
