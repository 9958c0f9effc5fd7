import { join } from "node:path";
import { versionOf } from "../run-program.ts";
import { CLIENTS, type Stack } from "../stack.ts";

/** OpenSSL's words, which all that is built on it passes on. */
export const OPENSSL_SAYS: Stack["says"] = {
  certificate_revoked: "alert certificate revoked",
  certificate_unknown: "alert certificate unknown",
  certificate_expired: "alert certificate expired",
  access_denied: "alert access denied",
  unknown_ca: "alert unknown ca",
};

/** `openssl s_client`. */
export const OPENSSL: Stack = {
  name: "openssl s_client",
  library: "OpenSSL 3.0",
  debian: ["openssl"],
  says: OPENSSL_SAYS,
  async find() {
    const version = await versionOf(["openssl", "version"], /OpenSSL (\S+)/);
    return version === undefined ? undefined : { version, command: ["sh", join(CLIENTS, "openssl.sh")] };
  },
};
