import { join } from "node:path";
import { mustRun, versionOf } from "../run-program.ts";
import { CLIENTS, type Stack } from "../stack.ts";

/** A small C++ client over Botan 2; its own `botan tls_client` has no option for a certificate. */
export const BOTAN: Stack = {
  name: "Botan",
  library: "Botan",
  debian: ["libbotan-2-dev", "g++", "pkg-config"],
  versions: ["TLSv1.2"],
  says: {
    certificate_revoked: "alert: certificate_revoked",
    certificate_unknown: "alert: certificate_unknown",
    certificate_expired: "alert: certificate_expired",
    access_denied: "alert: access_denied",
    unknown_ca: "alert: unknown_ca",
  },
  async find({ build }) {
    const version = await versionOf(["pkg-config", "--modversion", "botan-2"], /^(\d\S*)/);
    if (version === undefined) return undefined;
    const program = join(build, "botan");
    const include = (await mustRun(["pkg-config", "--cflags", "botan-2"])).trim().split(/\s+/);
    const source = join(CLIENTS, "botan.cpp");
    await mustRun(["c++", "-Wall", "-Wextra", "-Werror", ...include, source, "-o", program, "-lbotan-2"], {
      timeoutMs: 300_000,
    });
    return { version, command: [program] };
  },
};
