import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { type ErrorCode, HandclaspError, isHandclaspError, reasonOf } from "../../errors.ts";
import type { KeyRecord } from "../../trust/records/key-record.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { withStore } from "../trust-store/with-store.ts";
import { eachInOrder } from "./each-in-order.ts";
import { hintText } from "../terminal/hint-text.ts";
import { JsonList } from "../lists/json-list.ts";
import { printBytes, printError, say, toJsonLine } from "../terminal/output.ts";
import { Progress } from "../terminal/progress.ts";
import { oneCertificate, readPemFile } from "./certificate-file.ts";
import { addApprovalFlags, type ApprovalFlags, toImportOptions } from "./approval-flags.ts";
import { toListedKeys } from "../../operator/listed-key.ts";
import { printChangedKeys } from "../lists/print-keys.ts";

interface Options extends Omit<ApprovalFlags, "name"> {
  readonly store: StoreUrl;
  readonly json?: true;
}

interface Failure {
  readonly file: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}

/** `trust import DIR`: what one file holds does not stop the others. */
export function importCommand(): Command {
  const command = new Command("import")
    .description("trust the keys of all certificates in a folder, under the names they claim")
    .argument("<dir>", "a folder; each *.pem in it holds one certificate");
  return addApprovalFlags(command).addOption(storeOption()).addOption(jsonOption()).action(run);
}

/** So many wait for the disk together. */
const AT_ONCE = 500;

async function run(folder: string, { store: url, json, ...flags }: Options): Promise<void> {
  const files = pemFiles(folder);
  const count = { imported: 0, unchanged: 0, failed: 0 };
  const failed: Failure[] = [];
  await withStore(url, "trust import", async (store, operator) => {
    const importFile = async (
      file: string,
    ): Promise<readonly [KeyRecord | undefined, readonly KeyRecord[]]> => {
      const certificate = oneCertificate(readPemFile(join(folder, file)));
      const before = store.key(certificate.pin);
      return [before, await operator.import(certificate, toImportOptions(flags))];
    };
    const list = json === true ? new JsonList() : undefined;
    if (json === true) printBytes('{"imported":');
    using progress = new Progress(files.length, json === true);
    try {
      for await (const { item: file, result } of eachInOrder(files, importFile, AT_ONCE)) {
        progress.step();
        if (result.status === "fulfilled") {
          const [before, keys] = result.value;
          count[isAsBefore(before, keys[0]) ? "unchanged" : "imported"]++;
          if (list === undefined) await printChangedKeys(store, keys, {});
          else for (const key of await toListedKeys(store, keys, Date.now())) list.add(key);
          continue;
        }
        const error: unknown = result.reason;
        if (!isHandclaspError(error) || isOfStore(error.code)) throw error;
        failed.push(toFailure(file, error));
        count.failed++;
      }
    } finally {
      list?.end();
      if (json === true) printBytes(`,"failed":${toJsonLine(failed)}}\n`);
    }
  });
  for (const { file, code, message, hint } of failed) {
    printError(
      new HandclaspError(code, `${JSON.stringify(file)}: ${message}`, hint === null ? {} : { hint }),
    );
  }
  if (failed.length > 0) process.exitCode = 1;
  if (json === true) return;
  const { imported, unchanged } = count;
  if (files.length === 0) say(`no *.pem in ${folder}`);
  else say(`${imported} imported, ${unchanged} unchanged, ${count.failed} failed`);
}

function isAsBefore(before: KeyRecord | undefined, after: KeyRecord | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  return (["state", "peer", "source", "expires"] as const).every((field) => before[field] === after[field]);
}

function pemFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith(".pem"))
      .toSorted();
  } catch (error) {
    throw new HandclaspError(
      "ERR_HANDCLASP_PEM_DIR",
      `cannot read the folder ${folder}: ${reasonOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

/** What no file is to blame for, and what would meet every other file too. */
function isOfStore(code: ErrorCode): boolean {
  return code.startsWith("ERR_HANDCLASP_STORE_");
}

function toFailure(file: string, error: HandclaspError): Failure {
  return { file, code: error.code, message: error.message, hint: hintText(error) ?? null };
}
