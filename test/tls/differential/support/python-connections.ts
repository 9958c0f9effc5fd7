import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const PYTHON = "python3";
const SCRIPT = join(import.meta.dirname, "message_callback.py");

/** One connection, or two, that Python is to make; file names are those of `writeCertificates`. */
export interface PythonCase {
  readonly version: "1.2" | "1.3";
  /** OpenSSL's name of a suite of TLS 1.2; those of TLS 1.3 are set for all cases at once. */
  readonly suite?: string;
  readonly key: string;
  /** "none": it is not asked; "empty": it has none to show; else a file. */
  readonly client?: string;
  /** Whether a client without one is refused. */
  readonly required?: boolean;
  /** The only group of the server: one that the client sent no share for makes it ask again. */
  readonly group?: string;
  readonly resume?: boolean;
  readonly dh?: boolean;
  /** More options of the client, OpenSSL's numbers. */
  readonly options?: number;
  readonly postHandshake?: boolean;
  readonly clientRefuses?: boolean;
  readonly serverVersion?: "1.2";
}

/** Sender, content type, message type and data of each call of the message callback. */
export type PythonEvent = readonly [
  direction: string,
  contentType: number,
  messageType: number,
  data: string,
];

export interface PythonConnection {
  readonly case: PythonCase;
  /** Who sent, and hex, in the order in which they went over. */
  readonly chunks: readonly (readonly ["client" | "server", string])[];
  readonly keyLog: string;
  readonly client: readonly PythonEvent[];
  readonly server: readonly PythonEvent[];
  readonly errors: readonly (string | null)[];
  readonly cipher: string | null;
  readonly resumed: boolean;
  /** Why this OpenSSL cannot do it. */
  readonly impossible?: string;
}

/** False, or why the tests that need Python cannot run. */
export function missingPython(): string | false {
  const program = "import ssl; ssl.SSLContext._msg_callback; ssl.SSLContext.keylog_filename";
  return spawnSync(PYTHON, ["-c", program], { stdio: "ignore" }).status === 0
    ? false
    : "there is no Python whose ssl module has a message callback";
}

/** Makes the connections, and for those that are resumed a second one right after the first. */
export function connectInPython(
  folder: string,
  cases: readonly PythonCase[],
  tls13Suite = "TLS_AES_256_GCM_SHA384",
): readonly PythonConnection[] {
  const config = join(folder, "openssl.cnf");
  writeFileSync(
    config,
    `openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n[tls]\nCiphersuites = ${tls13Suite}\n`,
  );
  const { status, stdout, stderr } = spawnSync(PYTHON, [SCRIPT], {
    input: JSON.stringify({ folder, cases }),
    env: { ...process.env, OPENSSL_CONF: config },
    maxBuffer: 2 ** 30,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line): PythonConnection => JSON.parse(line));
}
