import { readFileSync, writeFileSync } from "node:fs";
import { createIdentity, type CreateIdentityOptions } from "../../../src/x509/create-identity.ts";
import { certificatesFromPem, toPem } from "../../../src/x509/certificate-description.ts";
import { type KeyPin, readCertificate } from "../../../src/x509/certificate-facts.ts";
import { type Home, runToEnd } from "../../cli/support/serve.ts";

/** A client's certificate and key, in files that any program reads. */
export interface Credentials {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
  /** The certificates after the first, for programs that want them apart. */
  readonly chainFile?: string;
}

/** Credentials whose key handclasp can read. */
export interface KnownCredentials extends Credentials {
  readonly pin: KeyPin;
}

let files = 0;

/** A fresh key and a self-signed certificate that claims `name`. */
export async function fresh(
  home: Home,
  name: string,
  options: Partial<CreateIdentityOptions> = {},
): Promise<KnownCredentials> {
  const made = await createIdentity({ name, now: new Date(), ...options });
  const base = home.path(`${++files}`);
  writeFileSync(`${base}.crt`, made.certificatePem);
  writeFileSync(`${base}.key`, made.privateKeyPem);
  return { ...read(base), pin: made.facts.pin };
}

/** A certificate whose first date lies in the thirteenth month. Its signature is wrong then; nobody looks at it. */
export async function misdated(home: Home, name: string): Promise<Credentials> {
  const made = await fresh(home, name);
  const [der] = certificatesFromPem(made.cert);
  const at = der === undefined ? -1 : Buffer.from(der).indexOf(Buffer.of(0x17, 13));
  if (der === undefined || at === -1) throw new Error("no UTCTime in the certificate");
  // Two bytes of header, two digits of the year, then the month.
  der.set(Buffer.from("13"), at + 4);
  writeFileSync(made.certFile, toPem(der));
  return { certFile: made.certFile, keyFile: made.keyFile, cert: toPem(der), key: made.key };
}

export interface RequestOptions {
  /** What `openssl req -newkey` takes; default `ec`. */
  readonly newKey?: string;
  /** Of a new `ec` key; default P-256. */
  readonly curve?: string;
  /** Sign for this key instead of a new one. */
  readonly keyFile?: string;
  /** Who signs; itself when missing. */
  readonly issuer?: Credentials;
  readonly flags?: readonly string[];
  /** Whether an issuer takes over what `flags` ask for. */
  readonly copyExtensions?: boolean;
}

/** What `openssl req -x509` makes: CA:TRUE unless flags say otherwise. */
export async function byOpenssl(
  home: Home,
  subject: string,
  {
    newKey = "ec",
    curve = "P-256",
    keyFile,
    issuer,
    flags = [],
    copyExtensions = false,
  }: RequestOptions = {},
): Promise<Credentials> {
  const base = home.path(`${++files}`);
  const parameters = newKey === "ec" ? ["-pkeyopt", `ec_paramgen_curve:${curve}`] : [];
  const key =
    keyFile === undefined
      ? ["-newkey", newKey, ...parameters, "-nodes", "-keyout", `${base}.key`]
      : ["-key", keyFile];
  if (keyFile !== undefined) writeFileSync(`${base}.key`, readFileSync(keyFile));
  if (issuer === undefined) {
    await openssl("req", "-x509", ...key, "-subj", subject, "-days", "30", ...flags, "-out", `${base}.crt`);
  } else {
    await openssl("req", "-new", ...key, "-subj", subject, ...flags, "-out", `${base}.csr`);
    const signedBy = ["-CA", issuer.certFile, "-CAkey", issuer.keyFile, "-CAcreateserial"];
    if (copyExtensions) signedBy.push("-copy_extensions", "copy");
    await openssl("x509", "-req", "-in", `${base}.csr`, ...signedBy, "-days", "30", "-out", `${base}.crt`);
  }
  return read(base);
}

/** The same credentials with other certificates after the first in the file, which is what stacks send as chain. */
export function withChain(home: Home, leaf: Credentials, ...issuers: readonly Credentials[]): Credentials {
  const base = home.path(`${++files}`);
  writeFileSync(`${base}.crt`, [leaf, ...issuers].map(({ cert }) => cert).join(""));
  writeFileSync(`${base}.key`, leaf.key);
  const chainFile = `${base}.chain`;
  writeFileSync(chainFile, issuers.map(({ cert }) => cert).join(""));
  return { ...read(base), chainFile };
}

/** The pin of the first certificate. */
export function pinOf({ cert }: Credentials): KeyPin {
  const [der] = certificatesFromPem(cert);
  if (der === undefined) throw new Error("no certificate");
  return readCertificate(der).pin;
}

function read(base: string): Credentials {
  const [certFile, keyFile] = [`${base}.crt`, `${base}.key`];
  return { certFile, keyFile, cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
}

async function openssl(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await runToEnd("openssl", args);
  if (code !== 0) throw new Error(`openssl ${args.join(" ").slice(0, 500)}: ${stderr}`);
}
