import { Command, InvalidArgumentError, Option } from "commander";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { auditProblem, notCompared, tailProblem, toJsonRows } from "../../operator/audit-problem.ts";
import type { ChainHead } from "../../trust/records/events.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { withStore } from "../trust-store/with-store.ts";
import { print, printJson, say } from "../terminal/output.ts";

interface Options {
  readonly head?: ChainHead;
  readonly store: StoreUrl;
  readonly json?: true;
}

/** `trust audit verify|head`. */
export function auditCommand(): Command {
  const verify = new Command("verify")
    .description(
      "recompute the hash chain over all events, and compare keys, names, groups and tokens with them",
    )
    .addOption(
      new Option(
        "--head <sequence:hash>",
        "a head noted earlier: shows events that were cut off or rewritten since",
      ).argParser(parseHead),
    )
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(runVerify);
  const head = new Command("head")
    .description("the last event's sequence number and hash; keep it elsewhere, for verify --head")
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(runHead);
  return new Command("audit").description("the events as evidence").addCommand(verify).addCommand(head);
}

async function runVerify({ head: noted, store: url, json }: Options): Promise<void> {
  await withStore(
    url,
    "trust audit verify",
    async (store) => {
      const report = store.audit();
      const { head, broken } = report.chain;
      const tail = broken === null && noted !== undefined ? await tailProblem(store, head, noted) : undefined;
      const problem = tail ?? auditProblem(report);
      if (json === true) {
        printJson({
          ok: problem === undefined,
          head,
          problem: problem?.message ?? null,
          ...toJsonRows(report),
        });
      }
      if (problem !== undefined) throw problem;
      const missing = notCompared(report);
      if (missing !== undefined) say(missing);
      if (json !== true) print(`ok: ${head.sequence} events, head ${showHead(head)}`);
    },
    { reads: true },
  );
}

async function runHead({ store: url, json }: Options): Promise<void> {
  await withStore(
    url,
    "trust audit head",
    (store) => {
      const { sequence, hash } = store.head();
      if (json === true) printJson({ sequence, hash });
      else print(showHead({ sequence, hash }));
    },
    { reads: true },
  );
}

function showHead({ sequence, hash }: ChainHead): string {
  return `${sequence} ${hash}`;
}

/** As `audit head` prints it, or with a colon. */
function parseHead(text: string): ChainHead {
  const [, sequence = "", hash = ""] = /^(\d{1,15})[: ]([0-9a-f]{64})$/i.exec(text.trim()) ?? [];
  if (hash === "")
    throw new InvalidArgumentError("It must be SEQUENCE:HASH, as `trust audit head` prints them.");
  return { sequence: Number(sequence), hash: hash.toLowerCase() };
}
