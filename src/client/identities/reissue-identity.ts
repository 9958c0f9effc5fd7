import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { realpathSync } from "node:fs";
import { checkOptions, FUNCTION, NUMBER, oneOf, type OptionRules, TEXT } from "../../check-options.ts";
import { HandclaspError } from "../../errors.ts";
import { toPem } from "../../x509/certificate-description.ts";
import type { KeyPin } from "../../x509/certificate-facts.ts";
import type { KeyType } from "../../x509/parts/public-key-info.ts";
import { createEndorsement } from "../../x509/endorsement.ts";
import { generateKey } from "../../x509/generate-key.ts";
import { reissueCertificate } from "../../x509/reissue-certificate.ts";
import type { SignedCertificate } from "../../x509/sign-certificate.ts";
import { type Identity, parseIdentity } from "./identity.ts";
import { readIdentityFile, replaceIdentityFile, showIdentityFile } from "./identity-file.ts";
import { identityFile, type PassphraseOption, type SavedIdentity } from "./identity-folder.ts";
import { withIdentityLock } from "./identity-lock.ts";

export interface ReissueIdentityOptions extends PassphraseOption {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How long the certificate is good; default 3650. */
  readonly days?: number;
}

export interface RenewIdentityOptions extends ReissueIdentityOptions {
  /** `"drop"` leaves out what older keys said: who knew only them does not follow any more. Default `"keep"`. */
  readonly endorsements?: "keep" | "drop";
}

export interface RotateIdentityOptions extends ReissueIdentityOptions {
  /** Default: as the old key. */
  readonly type?: KeyType;
}

const REISSUE: OptionRules<ReissueIdentityOptions> = { now: FUNCTION, days: NUMBER, passphrase: TEXT };
const ROTATE: OptionRules<RotateIdentityOptions> = { ...REISSUE, type: TEXT };
const RENEW: OptionRules<RenewIdentityOptions> = { ...REISSUE, endorsements: oneOf("keep", "drop") };

/** An identity with another key than before. */
export interface Rotated {
  /** The key that is given up. */
  readonly replaced: KeyPin;
}

/**
 * Gives an identity a new key that the old one endorses: whoever trusts the old key follows at the next connection. The
 * old key is gone when this resolves, and still there when it does not. Throws ERR_HANDCLASP_IDENTITY and
 * ERR_HANDCLASP_PASSPHRASE.
 */
export async function rotateIdentity(
  folder: string,
  name: string,
  options: RotateIdentityOptions,
): Promise<SavedIdentity & Rotated> {
  checkOptions("rotateIdentity()", options, ROTATE, ["now"]);
  const file = identityFile(folder, name);
  return { ...(await rotateIdentityFile(file, options)), name, file };
}

/** Gives an identity a new certificate over the same key. Throws as `rotateIdentity` does. */
export async function renewIdentity(
  folder: string,
  name: string,
  options: RenewIdentityOptions,
): Promise<SavedIdentity> {
  checkOptions("renewIdentity()", options, RENEW, ["now"]);
  const file = identityFile(folder, name);
  return { ...(await renewIdentityFile(file, options)), name, file };
}

/** `rotateIdentity` for a file anywhere. */
export async function rotateIdentityFile(
  file: string,
  { type, now, days, passphrase }: RotateIdentityOptions,
): Promise<Identity & Rotated> {
  return withExisting(file, passphrase, async (old, real) => {
    const key = await generateKey(type ?? old.facts.keyType);
    const at = now();
    const endorsement = createEndorsement({
      oldKey: createPrivateKey(old.key),
      oldSpki: old.facts.spki,
      newSpki: createPublicKey(key).export({ type: "spki", format: "der" }),
      issuedAt: at,
      previous: old.facts.endorsement,
    });
    const certificate = reissueCertificate(old.facts.der, {
      privateKey: key,
      now: new Date(at),
      joinProof: null,
      endorsement,
      ...(days !== undefined && { days }),
    });
    const identity = replace(real, key.export({ type: "pkcs8", format: "pem" }), certificate, passphrase);
    return { ...identity, replaced: old.facts.pin };
  });
}

/** `renewIdentity` for a file anywhere. */
export async function renewIdentityFile(
  file: string,
  { now, days, passphrase, endorsements = "keep" }: RenewIdentityOptions,
): Promise<Identity> {
  return withExisting(file, passphrase, async (old, real) => {
    mustBeSelfSigned(old, file);
    const certificate = reissueCertificate(old.facts.der, {
      privateKey: createPrivateKey(old.key),
      now: new Date(now()),
      ...(endorsements === "drop" && { endorsement: null }),
      ...(days !== undefined && { days }),
    });
    return replace(real, old.key, certificate, passphrase);
  });
}

async function withExisting<T>(
  file: string,
  passphrase: string | undefined,
  change: (old: Identity, real: string) => Promise<T>,
): Promise<T> {
  // Before the lock, which would make the folder of a mistyped name.
  if (showIdentityFile(file) === undefined) throw missing(file);
  // By whichever link: one lock for one key, and no copy of the old key stays behind where the link leads.
  const real = realpathSync(file);
  return withIdentityLock(real, async () => {
    const old = readIdentityFile(real, passphrase);
    if (old === undefined) throw missing(file);
    return change(old, real);
  });
}

/** What is written was read like every identity: nothing that cannot be used ever takes the old one's place. */
function replace(
  file: string,
  key: string,
  { certificatePem }: SignedCertificate,
  passphrase: string | undefined,
): Identity {
  const identity = parseIdentity({ key, certificate: certificatePem }, file);
  replaceIdentityFile(file, identity, passphrase);
  return identity;
}

function mustBeSelfSigned({ facts }: Identity, file: string): void {
  const { issuer, subject } = new X509Certificate(toPem(facts.der));
  if (issuer === subject) return;
  throw new HandclaspError("ERR_HANDCLASP_IDENTITY", `the certificate in ${file} is not self-signed`, {
    hint: "whoever issued it can renew it; importing replaces nothing, so import the new one under another name",
    remedies: [{ act: "import-identity", at: "client" }],
  });
}

function missing(file: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_IDENTITY", `there is no identity in ${file}`, {
    hint: "look at the names of those there are",
    remedies: [{ act: "list-identities", at: "client" }],
  });
}
