import { spawn } from "node:child_process";
import { ALERTS } from "../../../src/tls/code-points/alert.ts";
import { PATIENCE_MS } from "../../support/patience.ts";
import { alertIn } from "./node-client.ts";
import type { IdentityFiles } from "./identities.ts";

/** What a program made of a connection. */
export interface ProgramOutcome {
  /** The number of the alert that it read; null when none. */
  readonly alert: number | null;
  /** All that it wrote. */
  readonly output: string;
}

export interface ProgramOptions {
  readonly port: number;
  readonly files?: IdentityFiles | undefined;
  readonly version?: "TLSv1.3" | "TLSv1.2";
  /** Sent right after the handshake. */
  readonly eager?: string;
  readonly args?: readonly string[];
}

/** `openssl s_client`, which stays until the server closes. */
export async function openssl(options: ProgramOptions): Promise<ProgramOutcome> {
  const { port, files, version, eager = "", args = [] } = options;
  const output = await run(
    "openssl",
    [
      "s_client",
      "-connect",
      `127.0.0.1:${port}`,
      "-servername",
      "localhost",
      ...(files === undefined ? [] : ["-cert", files.certFile, "-key", files.keyFile]),
      ...(version === undefined ? [] : [version === "TLSv1.3" ? "-tls1_3" : "-tls1_2"]),
      "-ign_eof",
      ...args,
    ],
    eager,
  );
  return { alert: alertIn(output), output };
}

/** Python's `ssl`: connects, says `eager`, reads until the end. */
export async function python(options: ProgramOptions): Promise<ProgramOutcome> {
  const { port, files, version = "TLSv1.3", eager = "", args = [] } = options;
  const certificate = files === undefined ? ["", ""] : [files.certFile, files.keyFile];
  const output = await run(
    "python3",
    ["-c", PYTHON_CLIENT, String(port), ...certificate, version.replace(".", "_"), eager, ...args],
    "",
  );
  return { alert: alertOfPython(output), output };
}

const PYTHON_CLIENT = `
import socket, ssl, sys
port, cert, key, version, eager = sys.argv[1:6]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
if cert:
    context.load_cert_chain(cert, key)
try:
    with socket.create_connection(("127.0.0.1", int(port)), timeout=${PATIENCE_MS / 1000}) as raw:
        with context.wrap_socket(raw) as client:
            if eager:
                client.sendall(eager.encode())
            while received := client.recv(4096):
                print("received", received)
except OSError as error:
    print("error", type(error).__name__, getattr(error, "reason", None), error)
`;

/** Python names alerts as OpenSSL's reason codes do, with the protocol that brought them in front. */
function alertOfPython(output: string): number | null {
  const name = /(?:SSLV3|TLSV1|TLSV13)_ALERT_([A-Z_]+)/.exec(output)?.[1]?.toLowerCase();
  if (name === undefined) return null;
  return Object.entries(ALERTS).find(([known]) => known === name)?.[1] ?? null;
}

function run(program: string, args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], timeout: PATIENCE_MS });
    let output = "";
    const read = (chunk: Buffer): void => {
      output += chunk.toString("latin1");
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.stdin.on("error", () => undefined);
    child.on("error", reject);
    child.on("close", () => resolve(output));
    child.stdin.end(input);
  });
}
