import { Command, InvalidArgumentError, Option } from "commander";
import { HandclaspError } from "../../errors.ts";
import { CHAIN_START, type ChainHead, type ChainReport, verifyChain } from "../../trust/events.ts";
import type { TrustStore } from "../../trust/trust-store.ts";
import { jsonOption, storeOption, withStore } from "../context.ts";
import { print, printJson } from "../output.ts";
import { allEvents } from "./events.ts";

interface Options {
  readonly head?: ChainHead;
  readonly store: string;
  readonly json?: true;
}

/** `trust audit verify|head`. */
export function auditCommand(): Command {
  const verify = new Command("verify")
    .description("recompute the hash chain over all events")
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

/** What is wrong with the chain, or with its tail when an earlier head is known. */
export function auditProblem({ head, broken }: ChainReport): HandclaspError | undefined {
  if (broken === null) return undefined;
  return new HandclaspError("ERR_HANDCLASP_AUDIT", `event ${broken.sequence}: ${broken.problem}`, {
    hint: `events up to ${head.sequence} are as they were written; compare the rest with a backup`,
    details: { sequence: broken.sequence },
  });
}

async function runVerify({ head: noted, store: url, json }: Options): Promise<void> {
  await withStore(
    url,
    "trust audit verify",
    (store) => {
      const report = verifyChain(allEvents(store, 0));
      const problem = auditProblem(report) ?? (noted && tailProblem(store, report.head, noted));
      if (json === true) {
        printJson({ ok: problem === undefined, head: report.head, problem: problem?.message ?? null });
      }
      if (problem !== undefined) throw problem;
      if (json !== true) print(`ok: ${report.head.sequence} events, head ${showHead(report.head)}`);
    },
    { mustExist: true },
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
    { mustExist: true },
  );
}

/** A chain that verifies may still have lost its end, or have been written anew. */
function tailProblem(store: TrustStore, head: ChainHead, noted: ChainHead): HandclaspError | undefined {
  if (noted.sequence > head.sequence) {
    return new HandclaspError(
      "ERR_HANDCLASP_AUDIT",
      `event ${head.sequence + 1} to ${noted.sequence} are gone: the chain ends at ${head.sequence}`,
      { hint: "the end of the log was cut off, or this is an older copy of the store" },
    );
  }
  const there = noted.sequence === 0 ? CHAIN_START : store.events(noted.sequence - 1, 1)[0];
  if (there?.hash === noted.hash) return undefined;
  return new HandclaspError(
    "ERR_HANDCLASP_AUDIT",
    `event ${noted.sequence} has another hash than was noted: it, or one before it, was rewritten`,
    { hint: "compare the events with a backup" },
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
