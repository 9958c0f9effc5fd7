import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { mustRun, runProgram, versionOf } from "../run-program.ts";
import { CLIENTS, type Stack } from "../stack.ts";
import { makePkcs12 } from "./pkcs12.ts";

/** `tstclnt`, from Firefox's library. */
export const NSS: Stack = {
  name: "tstclnt",
  library: "NSS",
  debian: ["libnss3-tools"],
  says: {
    certificate_revoked: "SSL_ERROR_REVOKED_CERT_ALERT",
    certificate_unknown: "SSL_ERROR_CERTIFICATE_UNKNOWN_ALERT",
    certificate_expired: "SSL_ERROR_EXPIRED_CERT_ALERT",
    access_denied: "SSL_ERROR_ACCESS_DENIED_ALERT",
    unknown_ca: "SSL_ERROR_UNKNOWN_CA_ALERT",
  },
  async find() {
    if ((await runProgram(["tstclnt"])) === undefined) return undefined;
    const query = ["dpkg-query", "--show", "--showformat", "${Version}", "libnss3"];
    const version = (await versionOf(query, /^(?:\d+:)?([\d.]+)/)) ?? "";
    return { version, command: ["sh", join(CLIENTS, "nss.sh")], prepare: makeDatabase };
  },
};

async function makeDatabase(folder: string): Promise<void> {
  makePkcs12(folder);
  mkdirSync(join(folder, "nss"));
  const cwd = { cwd: folder };
  await mustRun(["certutil", "-N", "-d", "sql:nss", "--empty-password"], cwd);
  await mustRun(["pk12util", "-i", "anna.p12", "-d", "sql:nss", "-W", "secret"], cwd);
  await mustRun(["certutil", "-A", "-d", "sql:nss", "-n", "server", "-t", "P,,", "-i", "server.pem"], cwd);
}
