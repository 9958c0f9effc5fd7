import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { mustRun, versionOf } from "../run-program.ts";
import { CLIENTS, type Stack } from "../stack.ts";
import { makePkcs12 } from "./pkcs12.ts";

/** The browser, without its window: a person would have chosen the certificate that its profile names here. */
export const CHROMIUM: Stack = {
  name: "Chromium",
  library: "BoringSSL",
  debian: ["chromium", "libnss3-tools"],
  says: {
    certificate_revoked: "SSL alert number 44",
    certificate_unknown: "SSL alert number 46",
    certificate_expired: "SSL alert number 45",
    access_denied: "SSL alert number 49",
    unknown_ca: "SSL alert number 48",
  },
  cannot: [
    {
      of: "alert",
      alerts: ["certificate_expired"],
      instead: /^net::ERR_/m,
      reason: "no-certificate",
      why: "Chromium offers no certificate that ran out, and is refused for having none",
    },
  ],
  async find() {
    const version = await versionOf(["chromium", "--version"], /Chromium (\S+)/);
    if (version === undefined) return undefined;
    return {
      version: `in Chromium ${version}`,
      command: [process.execPath, join(CLIENTS, "chromium.mjs")],
      prepare: makeHome,
    };
  },
};

async function makeHome(folder: string): Promise<void> {
  makePkcs12(folder);
  mkdirSync(join(folder, "home/.pki/nssdb"), { recursive: true });
  const database = "sql:home/.pki/nssdb";
  await mustRun(["certutil", "-N", "-d", database, "--empty-password"], { cwd: folder });
  await mustRun(["pk12util", "-i", "anna.p12", "-d", database, "-W", "secret"], { cwd: folder });
}
