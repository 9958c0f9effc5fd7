import { readFileSync } from "node:fs";
import { Command } from "commander";
import { saveIdentity } from "../../client/identities/identity-folder.ts";
import { HandclaspError, reasonOf } from "../../errors.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { DEFAULT_IDENTITY, identitiesFolder } from "../identities/make-identity.ts";
import { printIdentity } from "./print.ts";
import { type PassphraseFlag, passphraseFrom, passphraseOption } from "../command-line/passphrase-file.ts";

interface Flags extends PassphraseFlag {
  readonly json?: true;
}

/** `identity import`. */
export function importCommand(): Command {
  return new Command("import")
    .description("keep a key and a certificate that were made elsewhere")
    .argument("<key>", "the private key as PEM; `-` is stdin")
    .argument("<certificate>", "its certificate as PEM, what signed it after it; `-` is stdin")
    .argument("[name]", "what we call it", DEFAULT_IDENTITY)
    .addOption(passphraseOption("opens the key; the key is kept encrypted with it"))
    .addOption(jsonOption())
    .action(run);
}

function run(keyFile: string, certificateFile: string, name: string, { json, ...flag }: Flags): void {
  const passphrase = passphraseFrom(flag);
  const key = read(keyFile);
  const certificate = certificateFile === keyFile ? key : read(certificateFile);
  const saved = saveIdentity(identitiesFolder(), name, pemOf(key, certificate, keyFile), passphrase);
  printIdentity({ ...saved, isEncrypted: flag.passphraseFile !== undefined }, json);
}

/** Both may be in one file, with text before and after: only what is asked for is kept. */
function pemOf(
  keyText: string,
  certificateText: string,
  keyFile: string,
): { readonly key: string; readonly certificate: string } {
  const [key] = keyText.match(/-----BEGIN ((?:[A-Z]+ )?PRIVATE KEY)-----[^]*?-----END \1-----/) ?? [];
  if (key === undefined) {
    throw new HandclaspError("ERR_HANDCLASP_IDENTITY", `there is no private key in ${keyFile}`, {
      hint: "PEM begins with -----BEGIN PRIVATE KEY-----; openssl pkey -inform der -in FILE turns DER into it",
    });
  }
  const certificates =
    certificateText.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return { key: `${key}\n`, certificate: certificates.join("\n") };
}

function read(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new HandclaspError("ERR_HANDCLASP_IDENTITY", `cannot read ${file}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
