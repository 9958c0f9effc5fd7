import type { ClientCertificate } from "../../guard/options.ts";
import type { Policy } from "../../trust/policy.ts";
import type { EventLog } from "./log.ts";

/** What can weaken a server, by one setting each. */
export interface Weakening {
  readonly trustCa: string;
  readonly validity: Policy["validity"];
  readonly clientCertificate: ClientCertificate;
}

/** Warns of settings that let in whom one may not expect, as they were written: as flags, or for a listener of a file. */
export function warnAbout(settings: Weakening, log: EventLog, listener?: string): void {
  const { trustCa, validity, clientCertificate } = settings;
  const said = (key: string, value: string): string =>
    listener === undefined
      ? `--${key.replaceAll("_", "-")} ${value}`
      : `${key} = "${value}" of the listener ${JSON.stringify(listener)}`;
  if (trustCa === "system") {
    log.warn(`${said("trust_ca", trustCa)} lets in everybody who has a client certificate of any public CA`);
  }
  if (validity === "ignore") {
    log.warn(`${said("validity", validity)} lets in certificates that have expired or are not yet valid`);
  }
  if (clientCertificate === "none") {
    log.warn(`${said("client_certificate", clientCertificate)} lets in everybody, unasked`);
  }
}
