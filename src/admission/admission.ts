import type { TrustChange } from "../trust/happenings/trust-changes.ts";
import type { Distrust } from "../trust/judging/distrust.ts";
import type { Standing } from "../trust/judging/standing.ts";
import type { Admit, RefusalReason, Refuse } from "../trust/records/verdict.ts";
import type { TrustPort, Whereabouts } from "../trust/trust-port.ts";
import type { CertificateFacts, KeyPin } from "../x509/certificate-facts.ts";
import type { Encounter } from "./encounter.ts";
import { EncounterShowing } from "./encounter-showing.ts";
import { KnownCertificates } from "./known-certificates.ts";
import type { Admitted, Anonymous, Claimed, Outcome, Refused } from "./outcome.ts";
import { reasonOfUnreadable, refuseFor } from "./refuse-for.ts";

/** Whether clients are asked for a certificate, and whether they must have one. */
export type ClientCertificate = "none" | "optional" | "required";

/** What admission needs of `Trust`. */
export type AdmissionTrust = Pick<TrustPort, "judge" | "letsInAnonymous" | "settle" | "standing" | "journal">;

const ANONYMOUS: Anonymous = { decision: "anonymous" };

/**
 * Who is let in, asked by whoever ended a client's TLS: a guard by the socket, another by what a proxy says. Whom it
 * admits or refuses is on record, as a sighting; connections, alerts and answers are the caller's.
 */
export class Admission {
  readonly #trust: AdmissionTrust;
  readonly #clientCertificate: ClientCertificate;
  readonly #certificates = new KnownCertificates();

  constructor(trust: AdmissionTrust, clientCertificate: ClientCertificate) {
    this.#trust = trust;
    this.#clientCertificate = clientCertificate;
  }

  /** Synchronous; never throws: what cannot be known is refused. */
  judge(encounter: Encounter): Outcome {
    let certificate: Uint8Array | undefined;
    try {
      certificate = encounter.certificate;
      if (certificate === undefined) return this.#judgeNobody(encounter);
      const showing = new EncounterShowing(this.#certificates.read(certificate), encounter);
      const verdict = this.#trust.judge(showing);
      if (verdict.decision === "claim") return { decision: "claim", verdict, showing, encounter };
      if (verdict.decision === "refuse") return this.#refuse(encounter, verdict, certificate);
      return this.#admit(verdict, showing.certificate);
    } catch (error) {
      return this.refuseUnreadable(encounter, error, certificate);
    }
  }

  /**
   * Makes a claim durable, then says what became of it: judged again in the very moment of `onSettled`, so that whoever is
   * on the list of open connections before that returns hears of all that comes later. Never fails.
   */
  settle(claimed: Claimed, onSettled: (outcome: Admitted | Refused) => void): void {
    // Outside of the promise, so that what the callback throws goes where its caller's errors go.
    void this.#settled(claimed).then((conclude) => queueMicrotask(() => onSettled(conclude())));
  }

  /** Refuses a client of whom nothing, or not enough, could be read. `error` is what reading it threw. */
  refuseUnreadable(encounter: Encounter, error: unknown, certificate?: Uint8Array): Refused {
    const reason = reasonOfUnreadable(error);
    const verdict = refuseFor(reason ?? "store-unavailable", error, certificate);
    return this.#refuse(encounter, verdict, certificate, reason === undefined ? error : undefined);
  }

  /**
   * Whether who came from somewhere with a key may stay after a change, and until when. Whoever fell has to go, even if trusted again by now:
   * in between, what it had was void.
   */
  standing(pin: KeyPin, { fell, leftGroups }: TrustChange, from?: Whereabouts): Standing {
    return fell === undefined
      ? this.#trust.standing(pin, from, leftGroups)
      : { distrust: fell, until: null, peer: undefined };
  }

  #judgeNobody(encounter: Encounter): Anonymous | Refused {
    if (this.#clientCertificate !== "required" && this.#trust.letsInAnonymous(encounter)) return ANONYMOUS;
    return this.#refuse(encounter, refuseFor("no-certificate"), undefined);
  }

  async #settled(claimed: Claimed): Promise<() => Admitted | Refused> {
    const { verdict, showing, encounter } = claimed;
    const { certificate } = showing;
    try {
      const settled = await this.#trust.settle(verdict, showing);
      if (settled.decision === "admit") return () => this.#judgeAgain(claimed, settled);
      return () => this.#refuse(encounter, settled, certificate.der);
    } catch (error) {
      return () => this.refuseUnreadable(encounter, error, certificate.der);
    }
  }

  /** A key that was trusted a moment ago may not be any more, or for a shorter time, or by another name. */
  #judgeAgain({ showing, encounter }: Claimed, settled: Admit): Admitted | Refused {
    const { certificate } = showing;
    const { distrust, until, peer = settled.peer } = this.#trust.standing(settled.pin, encounter);
    if (distrust === undefined) return this.#admit({ ...settled, peer, until }, certificate);
    const verdict = this.#trust.judge(showing);
    const refuse = verdict.decision === "refuse" ? verdict : refuseFallen(settled, distrust);
    return this.#refuse(encounter, refuse, certificate.der);
  }

  #admit(verdict: Admit, certificate: CertificateFacts): Admitted {
    this.#certificates.keep(certificate);
    this.#trust.journal.seen(verdict.pin);
    return { decision: "admit", verdict, certificate };
  }

  #refuse(
    encounter: Encounter,
    verdict: Refuse,
    certificate: Uint8Array | undefined,
    failure?: unknown,
  ): Refused {
    const { id: connection, remoteAddress, listener } = encounter;
    this.#trust.journal.refused(verdict, { connection, remoteAddress, listener });
    return { decision: "refuse", verdict, certificate, failure };
  }
}

function refuseFallen({ pin, peer }: Admit, distrust: Distrust): Refuse {
  return { ...refuseFor(toReason(distrust)), pin, peer };
}

function toReason(distrust: Distrust): RefusalReason {
  if (distrust === "set-aside") return "pending";
  return distrust === "forgotten" ? "unknown" : distrust;
}
