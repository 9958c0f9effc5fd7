import { writeFileSync } from "node:fs";
import { createIdentity } from "../../../src/x509/create-identity.ts";
import type { IdentityType } from "../../../src/x509/identity-type.ts";
import type { KeyPin } from "../../../src/x509/certificate-facts.ts";
import { PATIENCE_MS } from "../../support/patience.ts";
import { type Home, runToEnd, type RunResult } from "./serve.ts";

/** Files with a client's key and certificate. */
export interface ClientFiles {
  readonly cert: string;
  readonly key: string;
  readonly pin: KeyPin;
  readonly pem: string;
}

/** A self-signed certificate in the test's folder. `file` tells two of the same name apart. */
export async function makeClient(
  home: Home,
  name: string,
  options: { readonly file?: string; readonly type?: IdentityType; readonly madeAt?: Date } = {},
): Promise<ClientFiles> {
  const made = await createIdentity({
    name,
    now: options.madeAt ?? new Date(),
    type: options.type ?? "p256",
  });
  const file = options.file ?? name.replaceAll(/\W/g, "_");
  const cert = home.path(`${file}.cert.pem`);
  const key = home.path(`${file}.key.pem`);
  writeFileSync(cert, made.certificatePem);
  writeFileSync(key, made.privateKeyPem);
  return { cert, key, pin: made.facts.pin, pem: made.certificatePem };
}

interface Show {
  readonly cert?: string;
  readonly key?: string;
}

/** `openssl s_client`, which reads on until the server closes. */
export function openssl(
  port: number,
  { cert, key }: Show,
  line: string,
  ...flags: readonly string[]
): Promise<RunResult> {
  const show = cert === undefined || key === undefined ? [] : ["-cert", cert, "-key", key];
  const args = ["s_client", "-connect", `127.0.0.1:${port}`, "-ign_eof", ...show, ...flags];
  return runToEnd("openssl", args, { input: line });
}

/** curl, which takes whatever comes as HTTP/0.9. */
export function curl(port: number, { cert, key }: Show): Promise<RunResult> {
  const show = cert === undefined || key === undefined ? [] : ["--cert", cert, "--key", key];
  const most = ["--max-time", String(PATIENCE_MS / 1000)];
  return runToEnd("curl", ["-sSk", "--http0.9", ...most, ...show, `https://127.0.0.1:${port}/`]);
}

const PYTHON = `
import socket, ssl, sys
port, cert, key, line = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
context.load_cert_chain(cert, key)
with context.wrap_socket(socket.create_connection(("127.0.0.1", port))) as tls:
    tls.sendall(line.encode())
    answer = b""
    while part := tls.recv(4096):
        answer += part
    sys.stdout.write(answer.decode())
`;

/** Python's ssl module. */
export function python(port: number, { cert, key }: Required<Show>, line: string): Promise<RunResult> {
  return runToEnd("python3", ["-c", PYTHON, String(port), cert, key, line]);
}
