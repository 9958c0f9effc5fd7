import { createPublicKey, hash } from "node:crypto";
import { checkOptions, FUNCTION, NUMBER, type OptionRules, TEXT } from "../check-options.ts";
import { HandclaspError } from "../errors.ts";
import type { CertificateFacts } from "./certificate-facts.ts";
import { generateKey } from "./generate-key.ts";
import { alternativeNames, encodeName, identityExtensions } from "./parts/identity-content.ts";
import { IDENTITY_TYPES, type IdentityType } from "./identity-type.ts";
import { signCertificate } from "./sign-certificate.ts";
import { validityOf } from "./der/time.ts";

export interface CreateIdentityOptions {
  /** The name to claim: a URI, an e-mail address, a DNS name, or any text. */
  readonly name: string;
  /** Default `p256`. */
  readonly type?: IdentityType;
  readonly now: Date;
  /** Default 3650: what counts is the key, and whoever pinned it decides for how long. */
  readonly days?: number;
  /** Further names of a server, for clients that check them; `name` must be a URI or DNS name then. */
  readonly dnsNames?: readonly string[];
  /** Makes the value of the join proof extension for the key that was made (DER SubjectPublicKeyInfo). */
  readonly joinProof?: (spki: Uint8Array) => Uint8Array;
}

const RULES: OptionRules<CreateIdentityOptions> = {
  name: TEXT,
  type: TEXT,
  now: { mustBe: "a Date", allows: (value) => value instanceof Date },
  days: NUMBER,
  dnsNames: { mustBe: "a list of texts", allows: (value) => Array.isArray(value) },
  joinProof: FUNCTION,
};

/** A private key and the self-signed certificate over it. */
export interface CreatedIdentity {
  /** PKCS#8. */
  readonly privateKeyPem: string;
  readonly certificatePem: string;
  readonly facts: CertificateFacts;
}

/**
 * Makes a key and a self-signed v3 certificate (RFC 5280 §4.1) that is no CA and serves for both sides of TLS;
 * reading it gives back `name`. Throws ERR_HANDCLASP_OPTION for a name or type that cannot be.
 */
export async function createIdentity(options: CreateIdentityOptions): Promise<CreatedIdentity> {
  checkOptions("createIdentity()", options, RULES, ["name", "now"]);
  const { name, type = "p256", now, days, dnsNames = [], joinProof } = options;
  if (name === "" || !name.isWellFormed()) throw unusable("name", "is empty or not Unicode");
  if (!IDENTITY_TYPES.includes(type)) throw unusable("type", `is none of ${IDENTITY_TYPES.join(", ")}`);
  const validity = validityOf(now, days);
  const alternatives = alternativeNames(name, dnsNames);
  const privateKey = await generateKey(type);
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const extensions = identityExtensions(alternatives, hash("sha256", spki, "buffer"), joinProof?.(spki));
  const content = { ...validity, subject: encodeName(name), spki, extensions };
  return {
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }),
    ...signCertificate(content, type, privateKey),
  };
}

function unusable(option: keyof CreateIdentityOptions, problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", `${option}: ${problem}`, { details: { option } });
}
