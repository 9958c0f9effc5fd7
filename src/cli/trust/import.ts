import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { type ErrorCode, HandclaspError, isHandclaspError } from "../../errors.ts";
import type { KeyRecord } from "../../trust/key-record.ts";
import { jsonOption, storeOption, withStore } from "../context.ts";
import { printError, printJson, say } from "../output.ts";
import { oneCertificate, readPemFile } from "./add.ts";
import { addApprovalFlags, type ApprovalFlags, toImportOptions } from "./approval-flags.ts";
import { toListedKey } from "../../operator/listed-key.ts";
import { printChangedKeys } from "./print-keys.ts";

interface Options extends Omit<ApprovalFlags, "name"> {
  readonly store: string;
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

async function run(folder: string, { store: url, json, ...flags }: Options): Promise<void> {
  const files = pemFiles(folder);
  await withStore(url, "trust import", async (store, operator) => {
    const imported: KeyRecord[] = [];
    const failed: Failure[] = [];
    for (const file of files) {
      try {
        const certificate = oneCertificate(readPemFile(join(folder, file)));
        imported.push(...(await operator.import(certificate, toImportOptions(flags))));
      } catch (error) {
        if (!isHandclaspError(error) || isOfStore(error.code)) throw error;
        failed.push(toFailure(file, error));
      }
    }
    if (json === true) {
      printJson({ imported: imported.map((key) => toListedKey(store, key, Date.now())), failed });
    } else {
      printChangedKeys(store, imported, {});
      if (files.length === 0) say(`no *.pem in ${folder}`);
    }
    for (const { file, code, message, hint } of failed) {
      printError(
        new HandclaspError(code, `${JSON.stringify(file)}: ${message}`, hint === null ? {} : { hint }),
      );
    }
    if (failed.length > 0) process.exitCode = 1;
  });
}

function pemFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith(".pem"))
      .toSorted();
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new HandclaspError("ERR_HANDCLASP_PEM_DIR", `cannot read the folder ${folder}: ${said}`, {
      cause: error,
    });
  }
}

/** What no file is to blame for, and what would meet every other file too. */
function isOfStore(code: ErrorCode): boolean {
  return code.startsWith("ERR_HANDCLASP_STORE_");
}

function toFailure(file: string, { code, message, hint }: HandclaspError): Failure {
  return { file, code, message, hint: hint ?? null };
}
