import { join } from "node:path";
import { versionOf } from "../run-program.ts";
import { CLIENTS, type Stack } from "../stack.ts";

/** `gnutls-cli`. */
export const GNUTLS: Stack = {
  name: "gnutls-cli",
  library: "GnuTLS",
  debian: ["gnutls-bin"],
  says: {
    certificate_revoked: "Received alert [44]: Certificate was revoked",
    certificate_unknown: "Received alert [46]: Unknown certificate",
    certificate_expired: "Received alert [45]: Certificate is expired",
    access_denied: "Received alert [49]: Access was denied",
    unknown_ca: "Received alert [48]: CA is unknown",
  },
  async find() {
    const version = await versionOf(["gnutls-cli", "--version"], /gnutls-cli (\S+)/);
    return version === undefined ? undefined : { version, command: ["sh", join(CLIENTS, "gnutls.sh")] };
  },
};
