import { execFileSync } from "node:child_process";
import { type KeyPin } from "../../../src/x509/certificate-facts.ts";
import { certificatesFromPem } from "../../../src/x509/certificate-description.ts";

/** What `openssl req -newkey` takes for each type of key that the CLI of OpenSSL 3.0 can make. */
export const NEW_KEYS = {
  p256: ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
  p384: ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
  p521: ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
  ed25519: ["ed25519"],
  ed448: ["ed448"],
  rsa2048: ["rsa:2048"],
  rsa4096: ["rsa:4096"],
  rsaPss: ["rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"],
  rsaPssBound: [
    "rsa-pss",
    "-pkeyopt",
    "rsa_keygen_bits:2048",
    "-pkeyopt",
    "rsa_pss_keygen_md:sha256",
    "-pkeyopt",
    "rsa_pss_keygen_mgf1_md:sha256",
    "-pkeyopt",
    "rsa_pss_keygen_saltlen:32",
  ],
  rsa1024: ["rsa:1024"],
  secp256k1: ["ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
  explicitP256: ["ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"],
} as const;

/** A new self-signed certificate, good for two days, as `openssl req -x509` makes it. */
export function opensslCertificate(key: keyof typeof NEW_KEYS, more: readonly string[] = []): Uint8Array {
  const subject = more.includes("-subj") ? [] : ["-subj", "/CN=anna"];
  const made = ["-x509", "-newkey", ...NEW_KEYS[key], "-nodes", "-keyout", "/dev/null", "-days", "2"];
  const pem = openssl(["req", ...made, ...subject, ...more]).toString();
  const [der] = certificatesFromPem(pem);
  if (der === undefined) throw new Error("openssl req made no certificate");
  return der;
}

/** The pin by the recipe of RFC 7469, appendix A. */
export function opensslPin(certificate: Uint8Array): KeyPin {
  const publicKey = openssl(["x509", "-inform", "der", "-noout", "-pubkey"], certificate);
  const spki = openssl(["pkey", "-pubin", "-outform", "der"], publicKey);
  return `sha256:${openssl(["dgst", "-sha256", "-binary"], spki).toString("base64")}`;
}

function openssl(args: readonly string[], input?: Uint8Array): Buffer {
  return execFileSync("openssl", args, { stdio: "pipe", ...(input === undefined ? {} : { input }) });
}
