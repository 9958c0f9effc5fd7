import process from "node:process";
import { join } from "node:path";
import { versionOf } from "../run-program.ts";
import { CLIENTS, type Stack } from "../stack.ts";

const PACKAGE = `@oven/bun-linux-${process.arch === "arm64" ? "aarch64" : "x64"}`;

/** Google's library, in Bun. */
export const BUN: Stack = {
  name: "Bun",
  library: "BoringSSL",
  debian: [],
  npm: [`${PACKAGE}@1.4.5`],
  says: {
    certificate_revoked: "SSLV3_ALERT_CERTIFICATE_REVOKED",
    certificate_unknown: "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    certificate_expired: "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    access_denied: "TLSV1_ALERT_ACCESS_DENIED",
    unknown_ca: "TLSV1_ALERT_UNKNOWN_CA",
  },
  async find({ npm }) {
    for (const bun of [join(npm, "node_modules", PACKAGE, "bin/bun"), "bun"]) {
      const version = await versionOf([bun, "--version"], /^(\d\S*)/);
      if (version !== undefined) {
        return { version: `in Bun ${version}`, command: [bun, join(CLIENTS, "client.mjs")] };
      }
    }
    return undefined;
  },
};
