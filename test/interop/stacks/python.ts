import { join } from "node:path";
import { versionOf } from "../run-program.ts";
import { type Client, CLIENTS, type Stack } from "../stack.ts";
import { OPENSSL_SAYS } from "./openssl.ts";

const NO_SESSIONS = "it keeps no sessions";

/** Debian's interpreter has Debian's modules; the first in the path may be another. */
async function withModule(module: string, program: string): Promise<Client | undefined> {
  for (const python of ["python3", "/usr/bin/python3"]) {
    const script = `import ${module}, ssl; print(ssl.OPENSSL_VERSION)`;
    const version = await versionOf([python, "-c", script], /^OpenSSL (\S+)/m);
    if (version !== undefined) return { version, command: [python, join(CLIENTS, program)] };
  }
  return undefined;
}

/** The standard library's `ssl`. */
export const PYTHON: Stack = {
  name: "Python ssl",
  library: "OpenSSL 3.0",
  debian: ["python3"],
  says: OPENSSL_SAYS,
  find: () => withModule("ssl", "client.py"),
};

export const REQUESTS: Stack = {
  name: "Python requests",
  library: "OpenSSL 3.0",
  debian: ["python3-requests"],
  says: OPENSSL_SAYS,
  cannot: [{ of: "resumed", why: NO_SESSIONS }],
  find: () => withModule("requests", "requests_client.py"),
};

export const HTTPX: Stack = {
  name: "Python httpx",
  library: "OpenSSL 3.0",
  debian: ["python3-httpx"],
  says: OPENSSL_SAYS,
  cannot: [{ of: "resumed", why: NO_SESSIONS }],
  find: () => withModule("httpx", "httpx_client.py"),
};
