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
import { HandclaspError, isHandclaspError } from "../../errors.ts";
import { toKeyId } from "../../trust/key-id.ts";
import type { KeyPin, KeyRecord } from "../../trust/key-record.ts";
import { everyItem } from "../../trust/port/page.ts";
import type { Roll } from "../../trust/port/roll.ts";
import { toPem } from "../../x509/certificate-description.ts";
import { jsonOption, storeOption, withStore } from "../context.ts";
import { print, printJson, say } from "../output.ts";
import { oneCertificate, readPemFile } from "./add.ts";

interface Options {
  readonly store: string;
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
      const now = Date.now();
      const exports: Export[] = [];
      for await (const key of everyItem((page) => store.listKeys({ state: "trusted", ...page }))) {
        const isOver = key.expires !== null && now >= key.expires;
        if (!isOver) exports.push(...(await toExport(store, key, folder)));
      }
      try {
        mkdirSync(folder, { recursive: true, mode: 0o755 });
        for (const { file, pin } of exports) refuseForeign(file, pin);
        for (const { file, pem } of exports) replaceFile(file, pem);
      } catch (error) {
        throw isHandclaspError(error) ? error : unwritable(folder, error);
      }
      if (json === true) printJson(exports.map(({ pin, file }) => ({ pin, file })));
      else if (exports.length === 0) say("no keys are trusted");
      else for (const { file } of exports) print(file);
    },
    { reads: true },
  );
}

/** The certificate that is accepted: a newer one may claim a name that nobody approved. */
async function toExport(
  store: Roll,
  { pin, fingerprint }: KeyRecord,
  folder: string,
): Promise<readonly Export[]> {
  const certificates = await store.listCertificates(pin);
  const accepted = certificates.find((certificate) => certificate.fingerprint === fingerprint);
  if (accepted === undefined) return [];
  return [{ pin, file: join(folder, `${toKeyId(pin)}.pem`), pem: toPem(accepted.der) }];
}

/** A file is ours when it holds one certificate, over the key that it is named after. */
function refuseForeign(file: string, pin: KeyPin): void {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined || (stat.isFile() && holds(file, pin))) return;
  throw new HandclaspError("ERR_HANDCLASP_PEM_DIR", `${file} is there and is not ours; nothing was written`, {
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
  const said = error instanceof Error ? error.message : String(error);
  return new HandclaspError("ERR_HANDCLASP_PEM_DIR", `cannot export to ${folder}: ${said}`, { cause: error });
}
