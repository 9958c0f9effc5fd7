import { hash } from "node:crypto";
import type {
  Admitted,
  Anonymous,
  Cut,
  Failed,
  Refused,
} from "../../trust/happenings/connection-happening.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { print } from "../terminal/output.ts";
import { describe, type DescribedCertificate, DescribedCertificates } from "./described-certificates.ts";
import { errorEntry, type EventLog, MOST_CHARACTERS, named } from "./event-log.ts";

export interface ClientLogOptions {
  readonly log: EventLog;
  /** Whether certificates go to stdout as PEM. */
  readonly printCertificate: boolean;
  /** Told of known keys with new certificates. */
  readonly onRenewed?: (pin: KeyPin) => void;
}

/** Writes what a guard does with clients to the log. */
export class ClientLog {
  readonly #options: ClientLogOptions;
  readonly #described = new DescribedCertificates();

  constructor(options: ClientLogOptions) {
    this.#options = options;
  }

  admitted({ type: event, connection, peer }: Admitted): void {
    const { log, printCertificate, onRenewed } = this.#options;
    const { name, keyId, pin, tlsVersion, resumed, renewed } = peer;
    const certificate = this.#certificateOf(peer);
    const address = connection.remoteAddress ?? null;
    const about = {
      ...certificate?.fields,
      tlsVersion,
      resumed,
      renewed,
      address,
      connection: connection.id,
    };
    log.write({ event, ...named(connection.listener), peer: name, keyId, pin, ...about });
    if (printCertificate && certificate !== undefined) print(certificate.pem);
    if (renewed) onRenewed?.(pin);
  }

  anonymous({ tlsVersion, connection }: Anonymous): void {
    const address = connection.remoteAddress ?? null;
    this.#options.log.write({ event: "anonymous", ...named(connection.listener), tlsVersion, address });
  }

  refused(refused: Refused): void {
    const { log, printCertificate } = this.#options;
    const { reason, detail, problem, alert, pin, peer, conflictsWith, connection } = refused;
    const where = named(connection.listener);
    const certificate = (): DescribedCertificate | undefined =>
      refused.certificate && describe(refused.certificate);
    log.offer({ event: "refused", ...where, reason }, () => ({
      event: "refused",
      ...where,
      reason,
      detail,
      problem: problem === null ? null : escapeText(problem, MOST_CHARACTERS),
      alert,
      peer,
      keyId: pin === null ? null : toKeyId(pin),
      pin,
      conflictsWith,
      ...(certificate()?.fields ?? fingerprintOf(refused.certificate)),
      address: connection.remoteAddress ?? null,
      connection: connection.id,
    }));
    const shown = printCertificate ? certificate() : undefined;
    if (shown !== undefined) print(shown.pem);
  }

  cut({ connection, peer, reason }: Cut): void {
    const { name = null, keyId = null, pin = null } = peer ?? {};
    const address = connection.remoteAddress ?? null;
    const about = { reason, peer: name, keyId, pin, address, connection: connection.id };
    this.#options.log.write({ event: "revoked", ...named(connection.listener), ...about });
  }

  failed({ error, listener, connection }: Failed): void {
    const { log } = this.#options;
    if (connection === undefined) return log.failed(error, listener);
    const about = { address: connection.remoteAddress ?? null, connection: connection.id };
    log.write({ ...errorEntry(error), ...named(listener), ...about });
  }

  #certificateOf({ fingerprint, certificate }: Admitted["peer"]): DescribedCertificate | undefined {
    return certificate && this.#described.of(fingerprint, () => certificate.der);
  }
}

/** All there is to tell an unreadable certificate by. */
function fingerprintOf(der: Uint8Array | undefined): { fingerprint?: string } {
  return der === undefined ? {} : { fingerprint: hash("sha256", der, "hex") };
}
