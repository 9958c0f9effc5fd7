import { toSeenCertificate } from "../../../src/trust/judging/seen-certificate.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { factsOf } from "../../support/certificates.ts";
import { NOW } from "../../trust/support/office.ts";

const WEEK_MS = 7 * 24 * 3600 * 1000;

export interface Arrival {
  readonly claims: string;
  readonly from?: string | null;
  /** Before `NOW`, milliseconds; default 1000. */
  readonly ago?: number;
  readonly conflictsWith?: KeyPin;
  /** When it lapses; default in a week. */
  readonly expires?: number;
}

/** Has a stranger wait, as a server does that met it. Returns its pin. */
export async function arrive(
  store: TrustStore,
  { claims, from = "192.0.2.1", ago = 1000, conflictsWith, expires = NOW + WEEK_MS }: Arrival,
): Promise<KeyPin> {
  const certificate = toSeenCertificate(factsOf(claims));
  await store.apply({
    type: "hold",
    at: NOW - ago,
    actor: { user: null, process: "serve 2", address: from, listener: "front" },
    peer: claims,
    certificate,
    conflictsWith: conflictsWith ?? null,
    pendingExpires: expires,
    maxPending: 10_000,
  });
  return certificate.pin;
}

/** Has so many strangers wait, a millisecond after each other, all from one /24. */
export async function arriveTogether(
  store: TrustStore,
  count: number,
  { network = "198.51.100", ago = 60_000 }: { network?: string; ago?: number } = {},
): Promise<readonly KeyPin[]> {
  const pins: KeyPin[] = [];
  for (let index = 0; index < count; index++) {
    const arrival = {
      claims: `flood-${network}-${index}`,
      from: `${network}.${index % 250}`,
      ago: ago - index,
    };
    pins.push(await arrive(store, arrival));
  }
  return pins;
}
