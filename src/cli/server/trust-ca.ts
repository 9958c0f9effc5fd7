import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { HandclaspError, reasonOf } from "../../errors.ts";
import type { GuardOptions } from "../../guard/options.ts";
import { certificatesFromPem, toPem } from "../../x509/certificate-description.ts";
import { readTextFile } from "../../client/identities/text-file.ts";

/**
 * Whose signatures OpenSSL takes, as the default of the whole process: given to a server as `ca`, their names would
 * be sent to every client. Call it before the server is made. `ca` is `none`, `system`, or a PEM file.
 */
export function useTrustCa(ca: string): NonNullable<GuardOptions["trustCa"]> {
  if (ca === "none") return "none";
  const system = ca === "system";
  setDefaultCACertificates(system ? getCACertificates("system") : certificatesIn(ca));
  return system ? "system" : "file";
}

/** Fails closed: a file without certificates is an error, not a CA that signed nothing. */
function certificatesIn(file: string): string[] {
  try {
    return certificatesFromPem(readTextFile(file)).map(toPem);
  } catch (error) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `cannot use ${file} as --trust-ca: ${reasonOf(error)}`, {
      hint: "give a PEM file with the certificates of the CAs, or none, or system",
      cause: error,
    });
  }
}
