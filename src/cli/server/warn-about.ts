import type { ClientCertificate } from "../../guard/options.ts";
import type { Policy } from "../../trust/records/policy.ts";
import { ANYONE } from "../../trust/naming/list-words.ts";
import type { EventLog } from "../log/event-log.ts";

/** What can weaken a server, by one setting each. */
export interface Weakening {
  readonly trustCa: string;
  readonly validity: Policy["validity"];
  readonly clientCertificate: ClientCertificate;
  /** The list of a listener. */
  readonly allow?: readonly string[] | undefined;
}

/** Which listener of a gateway it is, and whether a file says what it does. */
export interface WarnedListener {
  readonly name: string | null;
  readonly isOfFile: boolean;
}

/** Warns of settings that let in whom one may not expect, as they were written: as flags, or for a listener of a file. */
export function warnAbout(settings: Weakening, log: EventLog, listener: WarnedListener): void {
  const { trustCa, validity, clientCertificate, allow = [] } = settings;
  const said = (key: string, value: string): string =>
    listener.isOfFile
      ? `${key} = "${value}" of the listener ${JSON.stringify(listener.name)}`
      : `--${key.replaceAll("_", "-")} ${value}`;
  const warn = (message: string): void => log.warn(message, listener.name ?? undefined);
  if (trustCa === "system") {
    warn(`${said("trust_ca", trustCa)} lets in everybody who has a client certificate of any public CA`);
  }
  if (validity === "ignore") {
    warn(`${said("validity", validity)} lets in certificates that have expired or are not yet valid`);
  }
  if (clientCertificate === "none") {
    warn(`${said("client_certificate", clientCertificate)} lets in everybody, unasked`);
  }
  if (allow.includes(ANYONE)) {
    warn(`${said("allow", ANYONE)} lets in everybody, with a certificate or without`);
  }
}
