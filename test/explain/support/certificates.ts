import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificatesFromPem } from "../../../src/x509/certificate-description.ts";

/** Dates as `openssl ca` takes them. */
interface Wanted {
  readonly from?: string;
  readonly until?: string;
  readonly key?: readonly string[];
  readonly digest?: string;
  readonly extensions?: string;
  /** The name of whoever signs; itself without one. */
  readonly issuer?: string;
}

const P_256 = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
const FROM = "20260101000000Z";
const UNTIL = "20360101000000Z";

/** Certificates of any kind, made by OpenSSL's command line in a folder of their own. */
export class Certificates implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "handclasp-explain-"));

  make(name: string, wanted: Wanted = {}): Uint8Array {
    const { from = FROM, until = UNTIL, key = P_256, digest = "sha256", extensions = "", issuer } = wanted;
    const file = (ending: string): string => join(this.#folder, `${name}.${ending}`);
    const request = ["-nodes", "-subj", `/CN=${name}`, "-keyout", file("key"), "-out", file("csr")];
    this.#openssl(["req", "-newkey", ...key, ...request]);
    writeFileSync(file("ext"), extensions);
    writeFileSync(file("cnf"), this.#configuration(name));
    writeFileSync(file("index"), "");
    const signer =
      issuer === undefined
        ? ["-selfsign", "-keyfile", file("key")]
        : ["-cert", join(this.#folder, `${issuer}.crt`), "-keyfile", join(this.#folder, `${issuer}.key`)];
    const dates = ["-startdate", from, "-enddate", until, "-md", digest];
    const files = ["-extfile", file("ext"), "-in", file("csr"), "-out", file("crt"), "-notext"];
    this.#openssl(["ca", "-batch", "-config", file("cnf"), ...signer, ...dates, ...files]);
    const [der] = certificatesFromPem(readFileSync(file("crt"), "utf8"));
    if (der === undefined) throw new Error("openssl made no certificate");
    return der;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #configuration(name: string): string {
    const settings = [`database = ${join(this.#folder, `${name}.index`)}`, `new_certs_dir = ${this.#folder}`];
    return [
      "[ca]",
      "default_ca = this",
      "[this]",
      ...settings,
      "rand_serial = yes",
      "policy = any",
      "[any]",
      "commonName = supplied",
      "",
    ].join("\n");
  }

  #openssl(args: readonly string[]): void {
    execFileSync("openssl", args, { stdio: "pipe" });
  }
}
