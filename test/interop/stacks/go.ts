import { join } from "node:path";
import { mustRun, versionOf } from "../run-program.ts";
import { CLIENTS, type Stack } from "../stack.ts";

/** Go's `crypto/tls`. */
export const GO: Stack = {
  name: "Go net/http",
  library: "Go crypto/tls",
  debian: ["golang-go"],
  says: {
    certificate_revoked: "remote error: tls: revoked certificate",
    certificate_unknown: "remote error: tls: unknown certificate",
    certificate_expired: "remote error: tls: expired certificate",
    access_denied: "remote error: tls: access denied",
    unknown_ca: "remote error: tls: unknown certificate authority",
  },
  async find({ build }) {
    const version = await versionOf(["go", "version"], /go(\d\S*)/);
    if (version === undefined) return undefined;
    const program = join(build, "go-client");
    await mustRun(["go", "build", "-o", program, join(CLIENTS, "client.go")], { timeoutMs: 300_000 });
    return { version, command: [program] };
  },
};
