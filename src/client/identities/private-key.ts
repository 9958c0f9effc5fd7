import { createPrivateKey, type KeyObject } from "node:crypto";
import { HandclaspError } from "../../errors.ts";
import { encryptPrivateKey } from "../../x509/encrypt-private-key.ts";
import { encodePem } from "../../x509/pem.ts";

const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/** Whether a private key in PEM needs a passphrase: PKCS #8 (RFC 5958 §3), or OpenSSL's older form. */
export function isEncryptedKey(pem: string): boolean {
  return ENCRYPTED.test(pem);
}

/** Reads a private key in PEM. Throws ERR_HANDCLASP_PASSPHRASE and ERR_HANDCLASP_IDENTITY, which name `where`. */
export function readPrivateKey(pem: string, where: string, passphrase: string | undefined): KeyObject {
  const isEncrypted = isEncryptedKey(pem);
  if (isEncrypted && passphrase === undefined) {
    throw new HandclaspError("ERR_HANDCLASP_PASSPHRASE", `${where}: its key is encrypted`, {
      hint: "say where its passphrase is",
      remedies: [{ act: "give-passphrase", at: "client" }],
      details: { passphrase: "missing" },
    });
  }
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch (error) {
    if (!isEncrypted) {
      throw new HandclaspError(
        "ERR_HANDCLASP_IDENTITY",
        `${where} cannot be used: there is no private key in it that can be read`,
        { cause: error },
      );
    }
    throw new HandclaspError("ERR_HANDCLASP_PASSPHRASE", `${where}: this passphrase does not open its key`, {
      hint: "the passphrase is the first line of the file; what comes after it is not read",
      details: { passphrase: "wrong" },
      cause: error,
    });
  }
}

/** PKCS #8 in PEM, encrypted when there is a passphrase. */
export function encodePrivateKey(key: KeyObject, passphrase: string | undefined): string {
  return passphrase === undefined
    ? key.export({ type: "pkcs8", format: "pem" })
    : encodePem("ENCRYPTED PRIVATE KEY", encryptPrivateKey(key, passphrase));
}
