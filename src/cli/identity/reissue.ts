import { Command, InvalidArgumentError, Option } from "commander";
import { renewIdentityFile, rotateIdentityFile } from "../../client/identities/reissue-identity.ts";
import { IDENTITY_TYPES, type IdentityType } from "../../x509/identity-type.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { printIdentity } from "./print.ts";
import { serverOption, showExisting, type WhichFlags, whichIdentity } from "./which.ts";
import { type PassphraseFlag, passphraseFrom, passphraseOption } from "../command-line/passphrase-file.ts";

interface ReissueFlags extends PassphraseFlag, WhichFlags {
  readonly days?: number;
  readonly json?: true;
}

interface RenewFlags extends ReissueFlags {
  readonly withoutEndorsements?: true;
}

interface RotateFlags extends ReissueFlags {
  readonly type?: IdentityType;
}

/** `identity rotate`. */
export function rotateCommand(): Command {
  const verb = new Command("rotate")
    .description("replace the key; the old one endorses the new, and whoever trusts it follows")
    .addOption(new Option("--type <type>", "the kind of key; default: as before").choices(IDENTITY_TYPES));
  return addFlags(verb).action(rotate);
}

/** `identity renew`. */
export function renewCommand(): Command {
  const verb = new Command("renew")
    .description("make a new certificate over the same key")
    .option(
      "--without-endorsements",
      "leave out what older keys said: those who knew only them do not follow",
    );
  return addFlags(verb).action(renew);
}

function addFlags(verb: Command): Command {
  return verb
    .argument("[name]", "which one; default `default`")
    .addOption(
      new Option("--days <n>", "how long the certificate is good; default 3650").argParser(parseDays),
    )
    .addOption(serverOption())
    .addOption(passphraseOption())
    .addOption(storeOption())
    .addOption(jsonOption());
}

async function rotate(name: string | undefined, flags: RotateFlags): Promise<void> {
  const which = whichIdentity(name, flags);
  showExisting(which);
  const { type, json } = flags;
  const { replaced } = await rotateIdentityFile(which.file, {
    ...reissueOptions(flags),
    ...(type !== undefined && { type }),
  });
  printIdentity(showExisting(which), json, replaced);
}

async function renew(name: string | undefined, flags: RenewFlags): Promise<void> {
  const which = whichIdentity(name, flags);
  showExisting(which);
  await renewIdentityFile(which.file, {
    ...reissueOptions(flags),
    endorsements: flags.withoutEndorsements === true ? "drop" : "keep",
  });
  printIdentity(showExisting(which), flags.json);
}

function reissueOptions({ days, passphraseFile }: ReissueFlags): {
  readonly now: () => number;
  readonly days?: number;
  readonly passphrase?: string;
} {
  return {
    now: Date.now,
    ...(days !== undefined && { days }),
    ...(passphraseFile !== undefined && passphraseFrom({ passphraseFile })),
  };
}

function parseDays(text: string): number {
  const days = Number(text);
  if (/^\d{1,7}$/.test(text) && days > 0) return days;
  throw new InvalidArgumentError("It must be a whole number above 0.");
}
