import { join } from "node:path";
import { mustRun } from "../run-program.ts";
import { CLIENTS, type Stack } from "../stack.ts";
import { macroOf } from "./macro.ts";

/** A small C client over wolfSSL. */
export const WOLFSSL: Stack = {
  name: "wolfSSL",
  library: "wolfSSL",
  debian: ["libwolfssl-dev", "gcc", "libc6-dev"],
  says: {
    certificate_revoked: "alert: certificate_revoked",
    certificate_unknown: "alert: certificate_unknown",
    certificate_expired: "alert: certificate_expired",
    access_denied: "alert: access_denied",
    unknown_ca: "alert: unknown_ca",
  },
  async find({ build }) {
    const version = await macroOf("wolfssl/version.h", "LIBWOLFSSL_VERSION_STRING");
    if (version === undefined) return undefined;
    const program = join(build, "wolfssl");
    await mustRun([
      "cc",
      "-Wall",
      "-Wextra",
      "-Werror",
      join(CLIENTS, "wolfssl.c"),
      "-o",
      program,
      "-lwolfssl",
    ]);
    return { version, command: [program] };
  },
};
