import { join } from "node:path";
import { versionOf } from "../run-program.ts";
import { CLIENTS, type Stack } from "../stack.ts";
import { OPENSSL_SAYS } from "./openssl.ts";

/** curl built with OpenSSL. */
export const CURL: Stack = {
  name: "curl",
  library: "OpenSSL 3.0",
  debian: ["curl"],
  says: OPENSSL_SAYS,
  cannot: [
    { of: "resumed", version: "TLSv1.2", why: "curl 7.88 resumes no TLS 1.2 session, with any server" },
    {
      of: "alert",
      version: "TLSv1.2",
      alerts: ["certificate_expired"],
      instead: "curl: (60) ",
      why: "curl takes this alert for its own verdict on the server's certificate",
    },
  ],
  async find() {
    const version = await versionOf(["curl", "--version"], /OpenSSL\/(\S+)/);
    return version === undefined ? undefined : { version, command: ["sh", join(CLIENTS, "curl.sh")] };
  },
};
