import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HandclaspError, hasCode, reasonOf } from "../../../errors.ts";
import type { CertificateMessage } from "../../../tls/messages/certificates/certificate.ts";
import type { TraceMessage } from "../../../tls/observer/trace-message.ts";
import { encodePem } from "../../../x509/pem.ts";

/** Keeps the certificates of handshakes as `FINGERPRINT.pem` in a folder, and raw public keys (RFC 7250) likewise. */
export class TraceCertificates {
  readonly #folder: string;
  readonly #kept = new Set<string>();
  readonly #skipped: string[] = [];

  /** Makes the folder. Throws ERR_HANDCLASP_OPTION when that cannot be. */
  constructor(folder: string) {
    this.#folder = folder;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
    } catch (error) {
      throw cannotWrite(folder, error);
    }
  }

  /** How many different ones there were. */
  get count(): number {
    return this.#kept.size;
  }

  /** Files of these names that hold something else, and were left as they are. */
  get skipped(): readonly string[] {
    return this.#skipped;
  }

  /** Throws ERR_HANDCLASP_OPTION when a file cannot be written. */
  keep(message: TraceMessage): void {
    const { entries = [], publicKey } = certificatesOf(message) ?? {};
    for (const { certificate } of entries) this.#keep(certificate, "CERTIFICATE");
    if (publicKey !== undefined) this.#keep(publicKey, "PUBLIC KEY");
  }

  #keep(der: Uint8Array, label: string): void {
    const fingerprint = createHash("sha256").update(der).digest("hex");
    if (this.#kept.has(fingerprint)) return;
    this.#kept.add(fingerprint);
    const path = join(this.#folder, `${fingerprint}.pem`);
    const pem = encodePem(label, der);
    try {
      writeFileSync(path, pem, { flag: "wx", mode: 0o644 });
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw cannotWrite(path, error);
      if (contentOf(path) !== pem) this.#skipped.push(path);
    }
  }
}

function certificatesOf({ parsed }: TraceMessage): CertificateMessage | undefined {
  if (parsed?.name === "certificate") return parsed.message;
  return parsed?.name === "compressed_certificate" ? parsed.message.certificate : undefined;
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function cannotWrite(path: string, error: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", `cannot write ${path}: ${reasonOf(error)}`, {
    cause: error,
  });
}
