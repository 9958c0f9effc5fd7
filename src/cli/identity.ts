import { Command, Option } from "commander";
import { reasonOf } from "../errors.ts";
import { readIdentityFile } from "../client/identities/identity-file.ts";
import { identityFile, listIdentities, saveIdentity } from "../client/identities/identity-folder.ts";
import { IDENTITY_TYPES, type IdentityType } from "../x509/identity-type.ts";
import { jsonOption } from "./command-line/json-option.ts";
import { storeOption } from "./command-line/store-option.ts";
import { exportCommand } from "./identity/export.ts";
import { importCommand } from "./identity/import.ts";
import { DEFAULT_IDENTITY, identitiesFolder, makeIdentity } from "./identities/make-identity.ts";
import { type IdentityRow, printIdentity, toIdentityRow } from "./identity/print.ts";
import { renewCommand, rotateCommand } from "./identity/reissue.ts";
import { serverOption, showExisting, type WhichFlags, whichIdentity } from "./identity/which.ts";
import { print, printJson, table } from "./terminal/output.ts";
import { type PassphraseFlag, passphraseFrom, passphraseOption } from "./command-line/passphrase-file.ts";

interface CreateOptions extends PassphraseFlag {
  readonly type: IdentityType;
  readonly commonName?: string;
  readonly json?: true;
}

interface ShowOptions extends PassphraseFlag, WhichFlags {
  readonly pem?: true;
  readonly json?: true;
}

/** `identity create | show | list | rotate | renew | import | export`. */
export function command(): Command {
  const identity = new Command("identity");
  identity
    .command("create")
    .description("make a key and a certificate of our own")
    .argument("[name]", "what we call it", DEFAULT_IDENTITY)
    .addOption(new Option("--type <type>", "the kind of key").choices(IDENTITY_TYPES).default("p256"))
    .option(
      "--cn, --common-name <name>",
      "the name its certificate claims; default: the identity's own, user@host for the default identity",
    )
    .addOption(passphraseOption("encrypts the key"))
    .addOption(jsonOption())
    .action(create);
  identity
    .command("show")
    .description("print an identity: key id, pin, certificate")
    .argument("[name]", "which one; default `default`")
    .option("--pem", "print the certificate as PEM, never the key")
    .addOption(serverOption())
    .addOption(passphraseOption("is tried on an encrypted key"))
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(show);
  identity.command("list").description("print all identities").addOption(jsonOption()).action(list);
  identity.addCommand(rotateCommand()).addCommand(renewCommand());
  identity.addCommand(importCommand()).addCommand(exportCommand());
  return identity;
}

/** Two identities of one machine are two peers: their names must not be the same. */
function claimedNameFor(name: string): string | undefined {
  return name === DEFAULT_IDENTITY ? undefined : name;
}

async function create(name: string, { type, commonName, json, ...flag }: CreateOptions): Promise<void> {
  const passphrase = passphraseFrom(flag);
  const made = await makeIdentity(commonName ?? claimedNameFor(name), type);
  const isEncrypted = flag.passphraseFile !== undefined;
  printIdentity({ ...saveIdentity(identitiesFolder(), name, made, passphrase), isEncrypted }, json);
}

function show(name: string | undefined, { pem, json, ...flags }: ShowOptions): void {
  const shown = showExisting(whichIdentity(name, flags));
  // An encrypted key is left alone unless its passphrase is at hand.
  const { passphrase } = passphraseFrom(flags);
  if (!shown.isEncrypted || passphrase !== undefined) readIdentityFile(shown.file, passphrase);
  if (pem) print(shown.certificate.trimEnd());
  else printIdentity(shown, json);
}

function list({ json }: { readonly json?: true }): void {
  const folder = identitiesFolder();
  const found = listIdentities(folder).map((name) => entryOf(folder, name));
  if (json) {
    printJson(found.map(({ name, row, problem }) => row ?? { name, problem }));
  } else if (found.length === 0) {
    print("no identities yet: handclasp identity create makes one");
  } else {
    const rows = found.map(({ name, row, problem }) => [
      name,
      row?.keyType ?? "",
      row?.keyId ?? problem ?? "",
    ]);
    print(table([["NAME", "TYPE", "KEY ID"], ...rows]));
  }
}

interface ListEntry {
  readonly name: string;
  readonly row?: IdentityRow;
  readonly problem?: string;
}

/** One identity that cannot be used does not hide the others. */
function entryOf(folder: string, name: string): ListEntry {
  try {
    const shown = showExisting({ name, file: identityFile(folder, name), isServer: false });
    if (!shown.isEncrypted) readIdentityFile(shown.file);
    return { name, row: toIdentityRow(shown) };
  } catch (error) {
    return { name, problem: reasonOf(error) };
  }
}
