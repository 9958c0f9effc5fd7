import { join } from "node:path";
import { mustRun } from "../run-program.ts";
import { CLIENTS, type Stack } from "../stack.ts";
import { macroOf } from "./macro.ts";

/** A small C client over mbedTLS. */
export const MBEDTLS: Stack = {
  name: "mbedTLS",
  library: "mbedTLS",
  debian: ["libmbedtls-dev", "gcc", "libc6-dev"],
  versions: ["TLSv1.2"],
  says: {
    certificate_revoked: "is a fatal alert message (msg 44)",
    certificate_unknown: "is a fatal alert message (msg 46)",
    certificate_expired: "is a fatal alert message (msg 45)",
    access_denied: "is a fatal alert message (msg 49)",
    unknown_ca: "is a fatal alert message (msg 48)",
  },
  async find({ build }) {
    const version = await macroOf("mbedtls/version.h", "MBEDTLS_VERSION_STRING");
    if (version === undefined) return undefined;
    const program = join(build, "mbedtls");
    const libraries = ["-lmbedtls", "-lmbedx509", "-lmbedcrypto"];
    await mustRun([
      "cc",
      "-Wall",
      "-Wextra",
      "-Werror",
      join(CLIENTS, "mbedtls.c"),
      "-o",
      program,
      ...libraries,
    ]);
    return { version, command: [program] };
  },
};
