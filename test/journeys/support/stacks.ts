import { spawnSync } from "node:child_process";
import { join } from "node:path";
import tls from "node:tls";
import { runToEnd } from "../../cli/support/serve.ts";
import { PATIENCE_MS } from "../../support/patience.ts";
import type { Credentials } from "./certificates.ts";

export type TlsVersion = "TLSv1.3" | "TLSv1.2";

/** What a client saw of one connection. */
export interface Outcome {
  /** The number of the fatal alert it got; null when it got none. */
  readonly alert: number | null;
  /** Whether the server answered its line. */
  readonly greeted: boolean;
  /** Everything the program said. */
  readonly said: string;
}

/** A TLS client of somebody else's making. It connects, says `hello` and reads to the end. */
export interface Stack {
  readonly name: string;
  readonly version: TlsVersion;
  /** `weak` lets it use keys that its own security level forbids. */
  connect(
    port: number,
    shown: Credentials | undefined,
    options?: { readonly weak?: boolean },
  ): Promise<Outcome>;
}

const WEAK = "DEFAULT@SECLEVEL=0";

/** RFC 8446 §6. */
const ALERT_NUMBERS: Readonly<Record<string, number>> = {
  handshake_failure: 40,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  internal_error: 80,
  certificate_required: 116,
};

function opensslStack(version: TlsVersion): Stack {
  return {
    name: "openssl",
    version,
    async connect(port, shown, { weak = false } = {}) {
      const show = shown === undefined ? [] : ["-cert", shown.certFile, "-key", shown.keyFile];
      const chain = shown?.chainFile === undefined ? [] : ["-cert_chain", shown.chainFile];
      const flags = [version === "TLSv1.3" ? "-tls1_3" : "-tls1_2", ...(weak ? ["-cipher", WEAK] : [])];
      const args = ["s_client", "-connect", `127.0.0.1:${port}`, "-quiet", "-ign_eof", ...flags];
      const { stdout, stderr } = await runToEnd("openssl", [...args, ...show, ...chain], {
        input: "hello\n",
      });
      return outcome(stdout, stderr, /SSL alert number (\d+)/.exec(stderr)?.[1]);
    },
  };
}

const PYTHON = `
import socket, ssl, sys
port, version, weak, cert, key = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
if weak: context.set_ciphers(weak)
if cert: context.load_cert_chain(cert, key)
try:
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port))) as tls:
        tls.sendall(b"hello\\n")
        while part := tls.recv(4096): sys.stdout.write(part.decode())
except ssl.SSLError as error:
    sys.exit(f"SSLError reason={error.reason}")
`;

/** The alert in OpenSSL's word for a failure: `SSLV3_ALERT_CERTIFICATE_REVOKED`. */
export function alertOfReason(reason: string): number | null {
  const [, word = ""] = /^\w+?_ALERT_(\w+)$/.exec(reason) ?? [];
  return ALERT_NUMBERS[word.toLowerCase()] ?? null;
}

function pythonStack(version: TlsVersion): Stack {
  return {
    name: "python",
    version,
    async connect(port, shown, { weak = false } = {}) {
      const name = version.replace(".", "_");
      const args = [String(port), name, weak ? WEAK : "", shown?.certFile ?? "", shown?.keyFile ?? ""];
      const { stdout, stderr } = await runToEnd("python3", ["-c", PYTHON, ...args]);
      const [, reason = ""] = /SSLError reason=(\w+)/.exec(stderr) ?? [];
      return outcome(stdout, stderr, alertOfReason(reason) ?? undefined);
    },
  };
}

/** Where OpenSSL's reason codes for alerts from the other side begin: SSL_AD_REASON_OFFSET. */
const ALERT_REASONS = 1000;

/**
 * In TLS 1.2 curl takes a certificate_expired alert for its own verdict on the server, and then prints that: with -k,
 * where it has none, "(60) SSL certificate problem" comes from that alert only.
 */
const CURL_EXPIRED = 60;

const WEAK_CONFIG = join(import.meta.dirname, "weak-keys.cnf");

function curlStack(version: TlsVersion): Stack {
  return {
    name: "curl",
    version,
    async connect(port, shown, { weak = false } = {}) {
      const show = shown === undefined ? [] : ["--cert", shown.certFile, "--key", shown.keyFile];
      const bounds = version === "TLSv1.3" ? ["--tlsv1.3"] : ["--tlsv1.2", "--tls-max", "1.2"];
      const request = ["--request", "hello", "--http0.9", `https://127.0.0.1:${port}/`];
      const args = ["-sSk", "--max-time", String(PATIENCE_MS / 1000), ...bounds, ...show, ...request];
      // curl loads the certificate before it looks at --ciphers.
      const environment = weak ? { ...process.env, OPENSSL_CONF: WEAK_CONFIG } : process.env;
      const { code: exit, stdout, stderr } = await runToEnd("curl", args, { environment });
      if (exit === CURL_EXPIRED) return outcome(stdout, stderr, ALERT_NUMBERS["certificate_expired"]);
      const [, code] = /error:0A([0-9A-F]{6}):/.exec(stderr) ?? [];
      const reason = code === undefined ? 0 : Number.parseInt(code, 16);
      return outcome(stdout, stderr, reason > ALERT_REASONS ? reason - ALERT_REASONS : undefined);
    },
  };
}

function nodeStack(version: TlsVersion): Stack {
  return {
    name: "node",
    version,
    connect(port, shown, { weak = false } = {}) {
      return new Promise((resolve) => {
        let [stdout, said] = ["", ""];
        const socket = tls.connect({
          port,
          host: "127.0.0.1",
          rejectUnauthorized: false,
          minVersion: version,
          maxVersion: version,
          ...(weak && { ciphers: WEAK }),
          ...(shown && { cert: shown.cert, key: shown.key }),
        });
        socket.on("secureConnect", () => socket.write("hello\n"));
        socket.setEncoding("utf8").on("data", (text: string) => (stdout += text));
        socket.on("error", (error) => (said ||= error.message));
        socket.on("close", () => resolve(outcome(stdout, said, /SSL alert number (\d+)/.exec(said)?.[1])));
      });
    },
  };
}

function gnutlsStack(version: TlsVersion): Stack {
  return {
    name: "gnutls",
    version,
    async connect(port, shown) {
      const show =
        shown === undefined ? [] : ["--x509certfile", shown.certFile, "--x509keyfile", shown.keyFile];
      const priority = `NORMAL:-VERS-ALL:+VERS-TLS${version.slice("TLSv".length)}`;
      const args = ["--insecure", "--priority", priority, "--port", String(port), ...show, "127.0.0.1"];
      const { stdout, stderr } = await runToEnd("gnutls-cli", args, { input: "hello\n" });
      return outcome(stdout, stdout + stderr, /Received alert \[(\d+)\]/.exec(stdout + stderr)?.[1]);
    },
  };
}

function outcome(stdout: string, said: string, alert: string | number | undefined): Outcome {
  return {
    alert: alert === undefined ? null : Number(alert),
    greeted: stdout.includes("Hello, hello"),
    said,
  };
}

const VERSIONS = ["TLSv1.3", "TLSv1.2"] as const;

/** Whether a program is on this machine. */
function isInstalled(program: string): boolean {
  return spawnSync(program, ["--version"]).error === undefined;
}

const PROGRAMS = [
  { program: "openssl", make: opensslStack },
  { program: "python3", make: pythonStack },
  { program: "curl", make: curlStack },
  { program: process.execPath, make: nodeStack },
  { program: "gnutls-cli", make: gnutlsStack },
].map((one) => ({ ...one, installed: isInstalled(one.program) }));

/** All that are on this machine, each in both versions. */
export const STACKS: readonly Stack[] = PROGRAMS.filter(({ installed }) => installed).flatMap(({ make }) =>
  VERSIONS.map(make),
);

/** What would be tried if it were on this machine. */
export const MISSING_PROGRAMS: readonly string[] = PROGRAMS.filter(({ installed }) => !installed).map(
  ({ program }) => program,
);

/** The one of a name and version. */
export function stackOf(name: string, version: TlsVersion): Stack {
  const found = STACKS.find((stack) => stack.name === name && stack.version === version);
  if (found === undefined) throw new Error(`${name} is not installed`);
  return found;
}
