import { Command, Option } from "commander";
import { listIdentities, openIdentity, type SavedIdentity, saveIdentity } from "../client/identity-folder.ts";
import { HandclaspError } from "../errors.ts";
import { toKeyId } from "../trust/key-id.ts";
import { describeCertificate } from "../x509/certificate-description.ts";
import { IDENTITY_TYPES, type IdentityType } from "../x509/identity-type.ts";
import { jsonOption } from "./context.ts";
import { DEFAULT_IDENTITY, identitiesFolder, makeIdentity } from "./identity-make.ts";
import { print, printJson, table } from "./output.ts";

interface CreateOptions {
  readonly type: IdentityType;
  readonly commonName?: string;
  readonly json?: true;
}

interface ShowOptions {
  readonly pem?: true;
  readonly json?: true;
}

/** `identity create | show | list`. */
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
    .addOption(jsonOption())
    .action(create);
  identity
    .command("show")
    .description("print an identity: key id, pin, certificate")
    .argument("[name]", "which one", DEFAULT_IDENTITY)
    .option("--pem", "print the certificate as PEM, never the key")
    .addOption(jsonOption())
    .action(show);
  identity.command("list").description("print all identities").addOption(jsonOption()).action(list);
  return identity;
}

/** Two identities of one machine are two peers: their names must not be the same. */
function claimedNameFor(name: string): string | undefined {
  return name === DEFAULT_IDENTITY ? undefined : name;
}

async function create(name: string, { type, commonName, json }: CreateOptions): Promise<void> {
  printIdentity(
    saveIdentity(identitiesFolder(), name, await makeIdentity(commonName ?? claimedNameFor(name), type)),
    json,
  );
}

function show(name: string, { pem, json }: ShowOptions): void {
  const identity = openIdentity(identitiesFolder(), name);
  if (identity === undefined) {
    throw new HandclaspError("ERR_HANDCLASP_IDENTITY", `there is no identity "${name}"`, {
      hint: `handclasp identity create${name === DEFAULT_IDENTITY ? "" : ` ${name}`} makes it`,
    });
  }
  if (pem) print(describeCertificate(identity.facts.der).pem.trimEnd());
  else printIdentity(identity, json);
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

function printIdentity(identity: SavedIdentity, json: true | undefined): void {
  const row = rowOf(identity);
  if (json) {
    printJson(row);
    return;
  }
  const lines = [
    ["name", row.name],
    ["key id", row.keyId],
    ["pin", row.pin],
    ["fingerprint", row.fingerprint],
    ["type", row.keyType],
    ["subject", row.subject],
    ["names", row.subjectAltNames.join(", ")],
    ["valid", `${row.notBefore} to ${row.notAfter}`],
    ["file", row.file],
  ];
  print(table(lines));
}

interface IdentityRow {
  readonly name: string;
  readonly keyId: string;
  readonly pin: string;
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string;
  readonly keyType: string;
  readonly subject: string;
  readonly subjectAltNames: readonly string[];
  /** ISO 8601 in UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly file: string;
}

function rowOf({ name, file, facts }: SavedIdentity): IdentityRow {
  const { subject, subjectAltNames, pin, fingerprint, keyType, notBefore, notAfter } = describeCertificate(
    facts.der,
  );
  return {
    name,
    keyId: toKeyId(pin),
    pin,
    fingerprint,
    keyType,
    subject,
    subjectAltNames,
    notBefore: new Date(notBefore).toISOString(),
    notAfter: new Date(notAfter).toISOString(),
    file,
  };
}

interface ListEntry {
  readonly name: string;
  readonly row?: IdentityRow;
  readonly problem?: string;
}

/** One identity that cannot be used does not hide the others. */
function entryOf(folder: string, name: string): ListEntry {
  try {
    const identity = openIdentity(folder, name);
    return identity === undefined ? { name, problem: "it went away" } : { name, row: rowOf(identity) };
  } catch (error) {
    return { name, problem: error instanceof Error ? error.message : String(error) };
  }
}
