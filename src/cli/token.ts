import { Command, Option } from "commander";
import { formatTokenServer, parseTokenServer } from "../client/servers/token-server.ts";
import type { StoreUrl } from "../trust/port/store-url.ts";
import { HandclaspError } from "../errors.ts";
import { listenersOfAll } from "../operator/known-server.ts";
import { toIsoTime } from "../operator/iso-time.ts";
import { toListedToken } from "../operator/listed-token.ts";
import { durationUpTo } from "../duration.ts";
import { MOST_TOKEN_DAYS } from "../operator/secrets/invite.ts";
import { encodeJoinToken, type JoinToken } from "../trust/naming/join-token.ts";
import type { KeyPin } from "../trust/records/key-record.ts";
import { parseKeyPin } from "../trust/naming/key-pin.ts";
import { type TokenRecord, tokenState } from "../trust/records/token-record.ts";
import { asArgument } from "./command-line/as-argument.ts";
import { jsonOption } from "./command-line/json-option.ts";
import { storeOption } from "./command-line/store-option.ts";
import { withStore } from "./trust-store/with-store.ts";
import { print, printBytes, printJson, showMinute, showName } from "./terminal/output.ts";
import { addPageOptions, type PageFlags, toSearch } from "./lists/page-options.ts";
import { printList } from "./lists/print-list.ts";
import { meantServer } from "./token/meant-server.ts";
import { shortKeyId } from "./lists/print-keys.ts";

/** Enough to cancel one by. */
const SHORT_ID = 12;

interface StoreFlags {
  readonly store: StoreUrl;
  readonly json?: true;
}

interface CreateFlags extends StoreFlags {
  /** Milliseconds. */
  readonly expires: number;
  readonly server?: readonly string[];
  readonly serverPin?: KeyPin;
  readonly replace?: true;
  readonly from?: string;
  readonly group?: readonly string[];
}

/** `token create | list | cancel`. */
export function command(): Command {
  const token = new Command("token");
  token
    .command("create")
    .description("invite one client: prints one string that lets it in, once")
    .argument("<name>", "the name that the client will have")
    .addOption(
      new Option("--expires <duration>", "how long it is good for: 10m, 1h, 7d")
        .argParser(asArgument(durationUpTo(MOST_TOKEN_DAYS)))
        .default(3_600_000, "1h"),
    )
    .addOption(
      new Option(
        "--server <host:port>",
        "where the client finds the server, with smtp:// and the like where it asks for TLS first; more than once for several; default: as `serve` last listened",
      ).argParser(collectServers),
    )
    .addOption(
      new Option("--server-pin <pin>", "the server's key; default: as `serve` last showed it").argParser(
        asArgument(parsePin),
      ),
    )
    .option("--replace", "retire the key that has the name now, when the token is used")
    .option("--from <cidr>", "only for a client from this network")
    .addOption(
      new Option(
        "--group <group>",
        "put the client into this group as it joins, more than once or with commas for several",
      ).argParser(collectGroups),
    )
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(create);
  addPageOptions(
    token.command("list").description("the tokens of the last 30 days, the newest first"),
    "a name or an id",
  )
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(list);
  token
    .command("cancel")
    .description("make a token worthless before it is used")
    .argument("<id>", "its id, or the beginning of it, as `token list` shows it")
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(cancel);
  return token;
}

async function create(peer: string, flags: CreateFlags): Promise<void> {
  await withStore(flags.store, "token create", async (store, operator) => {
    const { replace, from, expires, group: groups } = flags;
    const token = await operator.createToken({
      peer,
      ...meantServer(store, flags, await listenersOfAll(store)),
      forMs: expires,
      ...(replace === true && { replace }),
      ...(from !== undefined && { from }),
      ...(groups !== undefined && { groups }),
    });
    await printToken(token, { groups, json: flags.json });
  });
}

async function printToken(
  token: JoinToken,
  { groups = [], json }: { readonly groups: readonly string[] | undefined; readonly json: true | undefined },
): Promise<void> {
  const text = encodeJoinToken(token);
  if (json === true) {
    const { id, peer, servers, serverPin, expires } = token;
    printJson({ token: text, id, peer, servers, serverPin, expires: toIsoTime(expires), groups });
    return;
  }
  print(text);
  if (!process.stdout.isTTY) return;
  const { renderUnicodeCompact } = await import("uqr");
  printBytes(`\n${renderUnicodeCompact(text, { border: 4 })}\n`);
}

async function list({ store: url, ...flags }: PageFlags & StoreFlags): Promise<void> {
  await withStore(
    url,
    "token list",
    async (store) => {
      const now = Date.now();
      const isWhole = flags.search === undefined && flags.after === undefined;
      await printList((page) => store.listTokens({ ...toSearch(flags), ...page }), flags, {
        toListed: (tokens) => tokens.map((token) => toListedToken(token, now)),
        columns: [
          { title: "ID" },
          { title: "NAME", isFree: true },
          { title: "STATE" },
          { title: "EXPIRES" },
          { title: "FROM", isFree: true },
          { title: "GROUPS", isFree: true, isSparse: true },
          { title: "USED BY" },
        ],
        toCells: (token) => toCells(token, now),
        nothing: isWhole ? "no join tokens: handclasp token create NAME makes one" : "no such join tokens",
      });
    },
    { reads: true },
  );
}

function toCells(token: TokenRecord, now: number): readonly string[] {
  return [
    token.id.slice(0, SHORT_ID),
    showName(token.peer),
    tokenState(token, now),
    showMinute(token.expires),
    token.from ?? "anywhere",
    token.groups.map(({ name }) => showName(name)).join(", "),
    token.usedBy === null ? "" : shortKeyId(token.usedBy),
  ];
}

async function cancel(id: string, { store: url, json }: StoreFlags): Promise<void> {
  await withStore(
    url,
    "token cancel",
    async (_store, operator) => {
      const token = await operator.cancelToken(id);
      if (json === true) printJson(toListedToken(token, Date.now()));
      else print(`cancelled: the token for ${showName(token.peer)} (${token.id})`);
    },
    { mustExist: true },
  );
}

function parsePin(text: string): KeyPin {
  const pin = parseKeyPin(text);
  if (pin !== undefined) return pin;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", "It must be sha256: and 44 characters of base64.");
}

function collectGroups(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(",").map((name) => name.trim())];
}

function collectServers(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, formatTokenServer(asArgument(parseTokenServer)(text))];
}
