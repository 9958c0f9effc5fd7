import { Command, Option } from "commander";
import { HandclaspError } from "../../errors.ts";
import { differencesOf } from "../../operator/replication/compare-nodes.ts";
import { toListedNode } from "../../operator/replication/listed-node.ts";
import { migrateClusterAt, openClusterAt } from "../../store/open-cluster.ts";
import type { Cluster } from "../../trust/port/cluster.ts";
import type { KnownNode } from "../../trust/port/node-roster.ts";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { RULES } from "../../trust/rules.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { shortKeyId } from "../lists/print-keys.ts";
import { flat } from "../terminal/prose.ts";
import { remediesText } from "../terminal/remedy-text.ts";
import { print, printJson, say, showName, showTime, table } from "../terminal/output.ts";
import { processName } from "../trust-store/process-name.ts";

interface Options {
  readonly store: StoreUrl;
  readonly json?: true;
}

/** The verbs of `store` that are about machines which share one. */
export function clusterCommands(): readonly Command[] {
  const nodes = new Command("nodes")
    .description("the machines that share the store: how far each is, and what they do not have in common")
    .addOption(new Option("--forget <machine>", "take one off that is gone, by its name or id"))
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(runNodes);
  const upgrade = new Command("upgrade")
    .description("have all machines go by the rules of this version, once each of them knows those")
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(runUpgrade);
  const migrate = new Command("migrate")
    .description("make what is needed in the database, or bring it further: as a role that owns the schema")
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(runMigrate);
  return [nodes, upgrade, migrate];
}

async function runNodes({ store, json, forget }: Options & { readonly forget?: string }): Promise<void> {
  await withCluster(store, "store nodes", async ({ nodes: roster }) => {
    const before = await roster.nodes();
    if (forget !== undefined) {
      const { id, name } = meant(before, forget);
      await roster.forget(id);
      if (json !== true)
        print(`${showName(name)} is off the list; it comes back by itself while a server runs there`);
    }
    const nodes = forget === undefined ? before : await roster.nodes();
    const rules = await roster.rules();
    // The newest beat tells the database's time well enough: whoever asks may have another.
    const differences = differencesOf(nodes, Math.max(0, ...nodes.map(({ seenAt }) => seenAt)));
    if (json === true) printJson({ rules, nodes: nodes.map(toListedNode), differences });
    else if (nodes.length === 0) print("no machines yet: one is on the list once a server runs on it");
    else print(table([HEAD, ...nodes.map((node) => toCells(node, nodes))]));
    if (json === true) return;
    for (const { problem, remedies } of differences) {
      say(problem);
      if (remedies.length > 0) say(`hint: ${flat(remediesText(remedies))}`);
    }
    if (differences.some(({ kind }) => kind === "silent"))
      say("one that is gone for good: handclasp store nodes --forget MACHINE");
  });
}

const HEAD: readonly string[] = [
  "MACHINE",
  "VERSION",
  "RULES",
  "POSITION",
  "HEAD",
  "DIGEST",
  "LISTENS",
  "SERVER KEY",
  "SEEN",
];
/** Enough to see whether two are the same. */
const SHORT = 12;

function toCells(node: KnownNode, all: readonly KnownNode[]): readonly string[] {
  const { head, listeners } = node;
  const keys = new Set(listeners.map(({ pin }) => shortKeyId(pin)));
  return [
    all.some(({ id, name }) => name === node.name && id !== node.id)
      ? `${showName(node.name)} ${node.id}`
      : showName(node.name),
    node.version,
    String(node.rules),
    node.starting === undefined ? String(node.position) : startCell(node.starting),
    `${head.sequence} ${head.hash.slice(0, SHORT)}`,
    node.digest.slice(0, SHORT),
    listeners.map(({ address }) => address).join(", ") || "-",
    [...keys].join(", ") || "-",
    showTime(node.seenAt),
  ];
}

function startCell({ part, parts }: { readonly part: number; readonly parts: number }): string {
  return `snapshot ${part} of ${parts}`;
}

function meant(nodes: readonly KnownNode[], text: string): KnownNode {
  const found = nodes.filter(({ id, name }) => id === text || name === text);
  const [one] = found;
  if (one !== undefined && found.length === 1) return one;
  throw new HandclaspError(
    one === undefined ? "ERR_HANDCLASP_NOT_FOUND" : "ERR_HANDCLASP_AMBIGUOUS",
    one === undefined
      ? `no machine is called ${showName(text)}`
      : `several machines are called ${showName(text)}: ${found.map(({ id }) => id).join(", ")}`,
    one === undefined
      ? { remedies: [{ act: "list-nodes", at: "server" }] }
      : { hint: "give the id of the one that is meant" },
  );
}

async function runUpgrade({ store, json }: Options): Promise<void> {
  await withCluster(store, "store upgrade", async ({ nodes: roster }) => {
    const from = await roster.rules();
    const behind = await roster.raiseRules(RULES);
    if (behind.length > 0) {
      const who = behind.map(({ name, version, rules }) => `${showName(name)} (${version}, rules ${rules})`);
      throw new HandclaspError(
        "ERR_HANDCLASP_STATE",
        `not every machine knows rules ${RULES}: ${who.join(", ")}`,
        {
          hint: "bring them to this version first; one that is gone: handclasp store nodes --forget MACHINE",
          details: { rules: from, wanted: RULES, behind: behind.map(({ id }) => id) },
        },
      );
    }
    const to = await roster.rules();
    if (json === true) printJson({ from, to });
    else
      print(
        from === to ? `all machines go by rules ${to} already` : `all machines go by rules ${to} from now on`,
      );
  });
}

async function runMigrate({ store, json }: Options): Promise<void> {
  const { from, to } = await migrateClusterAt(store, processName("store migrate"));
  if (json === true) printJson({ from, to });
  else if (from === to) print(`the schema is at number ${to} already`);
  else
    print(
      from === 0
        ? `the schema is made, at number ${to}`
        : `the schema is at number ${to}, and was at ${from}`,
    );
}

async function withCluster(
  url: StoreUrl,
  verb: string,
  run: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  const cluster = openClusterAt(url, processName(verb));
  try {
    await run(cluster);
  } finally {
    await cluster.close();
  }
}
