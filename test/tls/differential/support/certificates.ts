import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** How `openssl req` makes a key of each type. */
const KEY_TYPES = {
  p256: ["ec", "ec_paramgen_curve:P-256"],
  p384: ["ec", "ec_paramgen_curve:P-384"],
  rsa: ["rsa", "rsa_keygen_bits:2048"],
  "rsa-pss": ["rsa-pss", "rsa_keygen_bits:2048"],
  ed25519: ["ed25519"],
} as const;

export type KeyType = keyof typeof KEY_TYPES;
export const KEYS = Object.keys(KEY_TYPES) as readonly KeyType[];

/** What a client shows: its own certificate, one with two above it, one of 20 kB. */
export const CHAINS = ["p256", "chain", "huge"] as const;

/**
 * Fills a folder: NAME.pem with key and certificates for each key type and chain, `roots.pem` that vouch for all of
 * them, `dh.pem` with parameters for Diffie-Hellman.
 */
export function writeCertificates(folder: string): void {
  const file = (name: string): string => join(folder, name);
  const make = (name: string, [type, option]: readonly string[], ...more: readonly string[]): void => {
    const key = ["-newkey", type ?? "", ...(option === undefined ? [] : ["-pkeyopt", option])];
    const files = ["-keyout", file(`${name}.key`), "-out", file(`${name}.crt`)];
    openssl("req", "-x509", "-nodes", "-days", "2", "-subj", `/CN=${name}`, ...key, ...files, ...more);
  };
  const signedBy = (issuer: string): readonly string[] => [
    "-CA",
    file(`${issuer}.crt`),
    "-CAkey",
    file(`${issuer}.key`),
  ];
  const bundle = (name: string, parts: readonly string[]): void =>
    writeFileSync(file(`${name}.pem`), parts.map((part) => readFileSync(file(part), "latin1")).join(""));
  for (const name of KEYS) {
    make(name, KEY_TYPES[name]);
    bundle(name, [`${name}.key`, `${name}.crt`]);
  }
  make("root", KEY_TYPES.p256);
  make("middle", KEY_TYPES.p256, "-addext", "basicConstraints=CA:TRUE", ...signedBy("root"));
  make("chain", KEY_TYPES.p256, "-addext", "basicConstraints=CA:FALSE", ...signedBy("middle"));
  bundle("chain", ["chain.key", "chain.crt", "middle.crt", "root.crt"]);
  make("huge", KEY_TYPES.p256, "-addext", `nsComment=${"a long story ".repeat(1_550)}`);
  bundle("huge", ["huge.key", "huge.crt"]);
  bundle("roots", [...KEYS.map((name) => `${name}.crt`), "huge.crt", "root.crt"]);
  openssl("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", file("dh.pem"));
}

function openssl(...args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: "pipe" });
}
