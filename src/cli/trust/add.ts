import { text } from "node:stream/consumers";
import { Command } from "commander";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { withStore } from "../trust-store/with-store.ts";
import { addApprovalFlags, type ApprovalFlags, toImportOptions } from "./approval-flags.ts";
import { printChangedKeys } from "../lists/print-keys.ts";
import { oneCertificate, readPemFile } from "./certificate-file.ts";

interface Options extends ApprovalFlags {
  readonly store: StoreUrl;
  readonly json?: true;
}

/** `trust add PEM`: for certificates that come by a way that is trusted. */
export function addCommand(): Command {
  const command = new Command("add")
    .description("trust the key of a certificate before it connects")
    .argument("<pem>", "a file with the client's certificate; - reads stdin")
    .option("--name <name>", "bind this name instead of the one the certificate claims");
  return addApprovalFlags(command)
    .addOption(storeOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nA certificate that somebody hands in proves nothing: whoever has it can copy it. To be sure that a client\n" +
        "has the key, let it connect, compare the key id, and use `trust approve`.",
    )
    .action(run);
}

async function run(pem: string, { store: url, json, ...flags }: Options): Promise<void> {
  const certificate = oneCertificate(pem === "-" ? await text(process.stdin) : readPemFile(pem));
  await withStore(url, "trust add", async (store, operator) => {
    const keys = await operator.import(certificate, toImportOptions(flags));
    await printChangedKeys(store, keys, { ...(json && { json }) });
  });
}
