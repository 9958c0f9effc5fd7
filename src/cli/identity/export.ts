import { createPrivateKey, type KeyObject, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { Command } from "commander";
import type { Identity } from "../../client/identities/identity.ts";
import { readIdentityFile } from "../../client/identities/identity-file.ts";
import { encodePrivateKey } from "../../client/identities/private-key.ts";
import { HandclaspError, reasonOf } from "../../errors.ts";
import { certificatesFromPem } from "../../x509/certificate-description.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { serverOption, showExisting, type WhichFlags, type WhichIdentity, whichIdentity } from "./which.ts";
import { print, printJson, say } from "../terminal/output.ts";
import {
  type PassphraseFlag,
  passphraseFrom,
  passphraseOption,
  readPassphrase,
} from "../command-line/passphrase-file.ts";

interface Flags extends PassphraseFlag, WhichFlags {
  readonly p12?: string;
  readonly p12PassphraseFile?: string;
  readonly compatible?: true;
  readonly includePrivateKey?: true;
  readonly json?: true;
}

/** `identity export`. */
export function exportCommand(): Command {
  return new Command("export")
    .description("print the certificate as PEM, or write key and certificate for a browser")
    .argument("[name]", "which one; default `default`")
    .option("--p12 <file>", "write key and certificate as PKCS #12, which browsers and Java import")
    .option(
      "--p12-passphrase-file <file>",
      "its first line is the passphrase of the PKCS #12 file; default: one is made and printed",
    )
    .option(
      "--compatible",
      "WEAKER: write the PKCS #12 file with 3DES and SHA-1, as older macOS, Android up to 13 and Windows want it",
    )
    .option("--include-private-key", "print the private key too: whoever reads it can be us")
    .addOption(serverOption())
    .addOption(passphraseOption("opens an encrypted key; it stays encrypted when it is printed"))
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run(name: string | undefined, flags: Flags, verb: Command): Promise<void> {
  if (flags.p12 !== undefined && flags.includePrivateKey) {
    verb.error("error: --p12 has the private key in it; --include-private-key is for PEM");
  }
  if (flags.p12 === undefined && flags.p12PassphraseFile !== undefined) {
    verb.error("error: --p12-passphrase-file is for --p12");
  }
  if (flags.p12 === undefined && flags.compatible) verb.error("error: --compatible is for --p12");
  const which = whichIdentity(name, flags);
  const shown = showExisting(which);
  if (flags.p12 !== undefined) return writePkcs12(flags.p12, which, flags);
  const certificate = shown.certificate.trimEnd();
  const key = flags.includePrivateKey ? exportedKey(which, flags, shown.isEncrypted) : null;
  if (flags.json) printJson({ name: which.name, certificate: `${certificate}\n`, ...(key && { key }) });
  else print(key === null ? certificate : `${key.trimEnd()}\n${certificate}`);
}

function exportedKey(which: WhichIdentity, flags: Flags, isEncrypted: boolean): string {
  const { passphrase } = passphraseFrom(flags);
  const { key } = existing(which, passphrase);
  if (isEncrypted) return encodePrivateKey(createPrivateKey(key), passphrase);
  say("warning: this is the private key itself: whoever reads it can be us");
  return key;
}

async function writePkcs12(path: string, which: WhichIdentity, flags: Flags): Promise<void> {
  const { createPkcs12 } = await import("../../x509/pkcs12.ts");
  const { key, certificate } = existing(which, passphraseFrom(flags).passphrase);
  const given = flags.p12PassphraseFile;
  const passphrase = given === undefined ? randomBytes(15).toString("base64url") : readPassphrase(given);
  const [leaf, ...issuers] = certificatesFromPem(certificate);
  if (leaf === undefined) return;
  const privateKey = createPrivateKey(key);
  if (flags.compatible) warnOfCompatible(privateKey);
  const bytes = createPkcs12({
    privateKey,
    certificates: [leaf, ...issuers],
    name: which.name,
    passphrase,
    dangerouslyCompatible: flags.compatible === true,
  });
  write(path, bytes);
  if (flags.json)
    printJson({ name: which.name, file: path, passphrase: given === undefined ? passphrase : null });
  else {
    print(`wrote ${path}`);
    if (given === undefined) print(`its passphrase: ${passphrase}`);
  }
}

/** What such a file is worth, and whether those that it is for know the key's type at all. */
function warnOfCompatible({ asymmetricKeyType }: KeyObject): void {
  say(
    "warning: --compatible encrypts weakly: who gets the file can try passphrases fast. Remove it once imported",
  );
  if (asymmetricKeyType === "ec" || asymmetricKeyType === "rsa") return;
  say(`warning: older systems know no ${asymmetricKeyType} keys; p256 and rsa are what they import`);
}

function existing({ file }: WhichIdentity, passphrase: string | undefined): Identity {
  const identity = readIdentityFile(file, passphrase);
  if (identity !== undefined) return identity;
  throw new HandclaspError("ERR_HANDCLASP_IDENTITY", `cannot read ${file}: it went away`);
}

/** Nobody else may read it, and nothing is replaced. */
function write(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes, { flag: "wx", mode: 0o600 });
  } catch (error) {
    throw new HandclaspError("ERR_HANDCLASP_IDENTITY", `cannot write ${path}: ${reasonOf(error)}`, {
      hint: "a file that is there is not replaced",
      cause: error,
    });
  }
}
