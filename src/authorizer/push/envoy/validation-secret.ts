import { hash } from "node:crypto";
import type { KeyPin } from "../../../x509/certificate-facts.ts";

/** What Envoy's configuration calls it. */
export const SECRET_NAME = "handclasp";

/** Envoy takes an empty list for no rule at all, and lets everybody in: of this hash nobody has the key. */
const NOBODY = Buffer.alloc(32).toString("base64");

/** The keys that Envoy lets in, as it reads them from a file (`DiscoveryResponse` with a `Secret`, by SDS). */
export function toValidationSecret(pins: readonly KeyPin[]): string {
  const hashes = pins.map((pin) => pin.slice(pin.indexOf(":") + 1)).toSorted();
  const verify = hashes.length === 0 ? [NOBODY] : hashes;
  const secret = {
    "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
    name: SECRET_NAME,
    validation_context: { verify_certificate_spki: verify },
  };
  const version = hash("sha256", verify.join());
  return `${JSON.stringify({ version_info: version, resources: [secret] }, null, 1)}\n`;
}
