import { randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { HandclaspError, isHandclaspError, reasonOf } from "../../errors.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { everyItem } from "../../trust/port/page.ts";
import type { Roll } from "../../trust/port/roll.ts";
import { toPem } from "../../x509/certificate-description.ts";
import { readCertificate } from "../../x509/certificate-facts.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { withStore } from "../trust-store/with-store.ts";
import { JsonList } from "../lists/json-list.ts";
import { print, printBytes, say } from "../terminal/output.ts";
import { oneCertificate, readPemFile } from "./certificate-file.ts";

interface Options {
  readonly store: StoreUrl;
  readonly json?: true;
}

interface Export {
  readonly pin: KeyPin;
  readonly file: string;
  readonly pem: string;
}

/** `trust export DIR`. */
export function exportCommand(): Command {
  return new Command("export")
    .description("write the certificate of every trusted key as KEYID.pem")
    .argument("<dir>", "the folder, made when missing; files of ours in it are replaced, others never")
    .addOption(storeOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nThe files are for looking at and for `trust import`. Never give them to a TLS server as CA certificates:\n" +
        "whoever owns one that says CA:TRUE could then sign certificates for anybody.",
    )
    .action(run);
}

async function run(folder: string, { store: url, json }: Options): Promise<void> {
  await withStore(
    url,
    "trust export",
    async (store) => {
      const list = json === true ? new JsonList() : undefined;
      let count = 0;
      try {
        for await (const { file, pin } of eachExport(store, folder)) refuseForeign(file, pin, count);
        mkdirSync(folder, { recursive: true, mode: 0o755 });
        for await (const { file, pin, pem } of eachExport(store, folder, sayForged)) {
          // Others may have put it there meanwhile, and keys may have come.
          refuseForeign(file, pin, count);
          replaceFile(file, pem);
          count++;
          if (list === undefined) print(file);
          else list.add({ pin, file });
        }
      } catch (error) {
        if (list !== undefined && count > 0) endList(list);
        throw isHandclaspError(error) ? error : unwritable(folder, error);
      }
      if (list !== undefined) endList(list);
      else if (count === 0) say("no keys are trusted");
    },
    { reads: true },
  );
}

function endList(list: JsonList): void {
  list.end();
  printBytes("\n");
}

/** Read page by page, and one certificate at a time. */
async function* eachExport(
  store: Roll,
  folder: string,
  onForged?: (pin: KeyPin) => void,
): AsyncGenerator<Export, undefined> {
  const now = Date.now();
  for await (const key of everyItem((page) => store.listKeys({ state: "trusted", ...page }))) {
    if (key.expires !== null && now >= key.expires) continue;
    const { pin, fingerprint } = key;
    // A newer one may claim a name that nobody approved.
    const accepted = (await store.listCertificates(pin)).find((one) => one.fingerprint === fingerprint);
    if (accepted === undefined) continue;
    if (!isOver(accepted.der, pin)) {
      onForged?.(pin);
      continue;
    }
    yield { pin, file: join(folder, `${toKeyId(pin)}.pem`), pem: toPem(accepted.der) };
  }
}

/** What whoever reads the file would trust has to be what is trusted here. */
function isOver(der: Uint8Array, pin: KeyPin): boolean {
  try {
    return readCertificate(der).pin === pin;
  } catch {
    return false;
  }
}

function sayForged(pin: KeyPin): void {
  say(`left out ${toKeyId(pin)}: what is kept for it is a certificate over another key`);
}

/** A file is ours when it holds one certificate, over the key that it is named after. */
function refuseForeign(file: string, pin: KeyPin, written: number): void {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined || (stat.isFile() && holds(file, pin))) return;
  const soFar = written === 0 ? "nothing was written" : `${written} others were written before it came`;
  throw new HandclaspError("ERR_HANDCLASP_PEM_DIR", `${file} is there and is not ours; ${soFar}`, {
    hint: "move it away, or export to another folder",
  });
}

function holds(file: string, pin: KeyPin): boolean {
  try {
    return oneCertificate(readPemFile(file)).pin === pin;
  } catch {
    return false;
  }
}

/** Readers see the former file or the new one, never a part. */
function replaceFile(file: string, text: string): void {
  const draft = `${file}.${randomUUID()}`;
  try {
    const handle = openSync(draft, "wx", 0o644);
    try {
      writeFileSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function unwritable(folder: string, error: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_PEM_DIR", `cannot export to ${folder}: ${reasonOf(error)}`, {
    cause: error,
  });
}
