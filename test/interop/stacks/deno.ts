import process from "node:process";
import { join } from "node:path";
import { versionOf } from "../run-program.ts";
import { CLIENTS, type Stack } from "../stack.ts";

const PACKAGE = `@deno/linux-${process.arch === "arm64" ? "arm64" : "x64"}-glibc`;

/** rustls, in Deno. */
export const DENO: Stack = {
  name: "Deno fetch",
  library: "rustls",
  debian: [],
  npm: [`${PACKAGE}@2.9.6`],
  says: {
    certificate_revoked: "received fatal alert: CertificateRevoked",
    certificate_unknown: "received fatal alert: CertificateUnknown",
    certificate_expired: "received fatal alert: CertificateExpired",
    access_denied: "received fatal alert: AccessDenied",
    unknown_ca: "received fatal alert: UnknownCA",
  },
  async find({ npm }) {
    for (const deno of [join(npm, "node_modules", PACKAGE, "deno"), "deno"]) {
      const version = await versionOf([deno, "--version"], /^deno (\S+)/);
      if (version === undefined) continue;
      const command = [deno, "run", "--allow-net", "--allow-read", join(CLIENTS, "deno-client.js")];
      return {
        version: `in Deno ${version}`,
        command,
        environment: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
      };
    }
    return undefined;
  },
};
