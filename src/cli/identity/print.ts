import type { ShownIdentity } from "../../client/identities/identity-file.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import { describeCertificate } from "../../x509/certificate-description.ts";
import type { CertificateFacts, KeyPin } from "../../x509/certificate-facts.ts";
import { print, printJson, table } from "../terminal/output.ts";

/** One of our identities, as programs get it. */
export interface IdentityRow {
  readonly name: string;
  readonly keyId: string;
  readonly pin: string;
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string;
  readonly keyType: string;
  readonly subject: string;
  readonly subjectAltNames: readonly string[];
  /** ISO 8601 in UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Whether the key in the file needs a passphrase. */
  readonly encrypted: boolean;
  readonly file: string;
}

export interface PrintableIdentity extends Pick<ShownIdentity, "isEncrypted"> {
  readonly name: string;
  readonly file: string;
  readonly facts: CertificateFacts;
}

/** Prints an identity, and which key it replaced if it just did. Never its key. */
export function printIdentity(identity: PrintableIdentity, json: true | undefined, replaced?: KeyPin): void {
  const row = toIdentityRow(identity);
  if (json) {
    printJson(replaced === undefined ? row : { ...row, replaced });
    return;
  }
  const lines = [
    ["name", row.name],
    ["key id", row.keyId],
    ["pin", row.pin],
    ["fingerprint", row.fingerprint],
    ["type", row.encrypted ? `${row.keyType}, encrypted` : row.keyType],
    ["subject", row.subject],
    ["names", row.subjectAltNames.join(", ")],
    ["valid", `${row.notBefore} to ${row.notAfter}`],
    ["file", row.file],
  ];
  if (replaced !== undefined) lines.push(["replaced", toKeyId(replaced)]);
  print(table(lines));
}

export function toIdentityRow({ name, file, facts, isEncrypted }: PrintableIdentity): IdentityRow {
  const { subject, subjectAltNames, pin, fingerprint, keyType, notBefore, notAfter } = describeCertificate(
    facts.der,
  );
  return {
    name,
    keyId: toKeyId(pin),
    pin,
    fingerprint,
    keyType,
    subject,
    subjectAltNames,
    notBefore: new Date(notBefore).toISOString(),
    notAfter: new Date(notAfter).toISOString(),
    encrypted: isEncrypted,
    file,
  };
}
