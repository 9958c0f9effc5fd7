import { Command, Option } from "commander";
import type { CreatedApiToken } from "../operator/secrets/issue-api-token.ts";
import { toIsoTime } from "../operator/iso-time.ts";
import { toListedApiToken } from "../operator/listed-api-token.ts";
import { type Scope, SCOPES } from "../operator/scope.ts";
import type { ListedApiToken } from "../trust/port/desk.ts";
import type { StoreUrl } from "../trust/port/store-url.ts";
import { apiTokenState } from "../trust/records/api-token-record.ts";
import { asArgument } from "./command-line/as-argument.ts";
import { jsonOption } from "./command-line/json-option.ts";
import { parseEnd } from "./command-line/parse-end.ts";
import { storeOption } from "./command-line/store-option.ts";
import { addPageOptions, type PageFlags, toSearch } from "./lists/page-options.ts";
import { printList } from "./lists/print-list.ts";
import { print, printJson, showMinute, showName } from "./terminal/output.ts";
import { withStore } from "./trust-store/with-store.ts";

/** Enough to cancel one by. */
const SHORT_ID = 12;

interface StoreFlags {
  readonly store: StoreUrl;
  readonly json?: true;
}

interface CreateFlags extends StoreFlags {
  readonly scope: Scope;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** `api-token create | list | cancel`. */
export function command(): Command {
  const apiToken = new Command("api-token");
  apiToken
    .command("create")
    .description("let a program or a person act as an operator: prints the token alone, once")
    .argument("<name>", "who acts with it, as events will say")
    .addOption(
      new Option("--scope <scope>", "what may be done with it: each has all that those before it have")
        .choices(SCOPES)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option(
        "--expires <duration>",
        "how long it is good for: 90d, at most 366d; or its end, 2027-03-29T22:00Z",
      )
        .argParser(asArgument((text: string) => parseEnd(text, Date.now())))
        .makeOptionMandatory(),
    )
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(create);
  addPageOptions(
    apiToken
      .command("list")
      .description("API tokens, the newest first, and when each was used last; those that ended for 30 days"),
    "a name or an id",
  )
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(list);
  apiToken
    .command("cancel")
    .description("make an API token worthless")
    .argument("<id>", "its id, or the beginning of it, as `api-token list` shows it")
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(cancel);
  return apiToken;
}

async function create(name: string, { scope, expires, store: url, json }: CreateFlags): Promise<void> {
  await withStore(url, "api-token create", async (_store, operator) => {
    const created = await operator.createApiToken({ name, scope, expires });
    if (json === true) printJson(toJson(created));
    else print(created.token);
  });
}

function toJson({ token, id, name, scope, expires }: CreatedApiToken): object {
  return { token, id, name, scope, expires: toIsoTime(expires) };
}

async function list({ store: url, ...flags }: PageFlags & StoreFlags): Promise<void> {
  await withStore(
    url,
    "api-token list",
    async (store) => {
      const now = Date.now();
      const isWhole = flags.search === undefined && flags.after === undefined;
      await printList((page) => store.listApiTokens({ ...toSearch(flags), ...page }), flags, {
        toListed: (tokens) => tokens.map((token) => toListedApiToken(token, now)),
        columns: [
          { title: "ID" },
          { title: "NAME", isFree: true },
          { title: "SCOPE" },
          { title: "STATE" },
          { title: "EXPIRES" },
          { title: "LAST USED" },
        ],
        toCells: (token) => toCells(token, now),
        nothing: isWhole
          ? "no API tokens: handclasp api-token create NAME --scope read --expires 90d makes one"
          : "no such API tokens",
      });
    },
    { reads: true },
  );
}

function toCells(token: ListedApiToken, now: number): readonly string[] {
  return [
    token.id.slice(0, SHORT_ID),
    showName(token.name),
    token.scope,
    apiTokenState(token, now),
    showMinute(token.expires),
    token.lastUsed === null ? "never" : showMinute(token.lastUsed),
  ];
}

async function cancel(id: string, { store: url, json }: StoreFlags): Promise<void> {
  await withStore(
    url,
    "api-token cancel",
    async (store, operator) => {
      const { id: whole } = await operator.cancelApiToken(id);
      const [token] = (await store.listApiTokens({ search: whole })).items;
      if (token === undefined) throw new Error("what was cancelled stays listed for a month");
      if (json === true) printJson(toListedApiToken(token, Date.now()));
      else print(`cancelled: the API token ${showName(token.name)} (${token.id})`);
    },
    { mustExist: true },
  );
}
