import { X509Certificate } from "node:crypto";
import type { IdentityPem } from "../../client/identities/identity.ts";
import { readPrivateKey, encodePrivateKey } from "../../client/identities/private-key.ts";
import type { PassphraseOption } from "../../client/identities/identity-folder.ts";
import { HandclaspError, reasonOf } from "../../errors.ts";
import { readTextFile } from "../../client/identities/text-file.ts";

/**
 * A certificate and its key from files, whatever is wrong with the certificate: what servers say of it is to be seen.
 * Throws ERR_HANDCLASP_IDENTITY when a file cannot be read, or the two do not belong together.
 */
export function readPemIdentity(cert: string, key: string, { passphrase }: PassphraseOption): IdentityPem {
  const certificate = readText(cert);
  const privateKey = readPrivateKey(readText(key), key, passphrase);
  if (!firstCertificate(certificate, cert).checkPrivateKey(privateKey))
    throw unusable(`the key in ${key} does not belong to the certificate in ${cert}`);
  return { certificate, key: encodePrivateKey(privateKey, undefined) };
}

/** CAs from a file. Throws ERR_HANDCLASP_IDENTITY when there is no certificate in it. */
export function readCas(file: string): string {
  const text = readText(file);
  firstCertificate(text, file);
  return text;
}

function firstCertificate(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw unusable(`there is no certificate (PEM) at the beginning of ${file}`, error);
  }
}

function readText(file: string): string {
  try {
    return readTextFile(file);
  } catch (error) {
    throw unusable(`cannot read ${file}: ${reasonOf(error)}`, error);
  }
}

function unusable(message: string, cause?: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_IDENTITY", message, cause === undefined ? {} : { cause });
}
