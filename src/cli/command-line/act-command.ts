import { join, resolve } from "node:path";
import type { OperatorAct } from "../../operator/act.ts";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { shellQuoted } from "../terminal/shell-quoted.ts";
import { dataFolder } from "../../data-folder.ts";

/** What of a command line stands before what it is about: the verb's words and its options, each with its values. */
interface Words {
  readonly verb: string;
  readonly options?: Options;
  /** What is not an option: it may begin with a dash. */
  readonly about?: readonly string[];
}

/** By name: several values are as many options, true is one without a value, what is undefined is left out. */
type Options = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

/** The command line that does the same as an act, for people to copy into a shell. `--store` is in it where it is not the default; never without a store. */
export function actCommand(act: OperatorAct, store: StoreUrl | null): string {
  const { verb, options = {}, about = [] } = wordsOf(act);
  const end = about.some((word) => word.startsWith("-")) ? ["--"] : [];
  const all = { ...options, ...(store && storeOf(store)) };
  const words = ["handclasp", ...verb.split(" "), ...Object.entries(all).flatMap(toWords), ...end, ...about];
  return words.map(shellQuoted).join(" ");
}

function wordsOf(act: OperatorAct): Words {
  switch (act.act) {
    case "approve":
      return {
        verb: "trust approve",
        options: {
          name: act.name,
          replace: act.onConflict === "replace",
          add: act.onConflict === "add",
          expires: act.expires === null ? "never" : toTime(act.expires),
        },
        about: [act.key],
      };
    case "revoke":
    case "ignore":
    case "set-aside":
    case "forget":
      return { verb: `trust ${act.act}`, about: [act.key] };
    case "rename":
      return { verb: "trust rename", about: [act.key, act.peer] };
    case "note":
      return { verb: "trust note", about: [act.key, act.text] };
    case "undo":
      return { verb: "trust undo", about: [String(act.event)] };
    case "add-to-group":
      return { verb: "group add", about: [act.group, act.key] };
    case "remove-from-group":
      return { verb: "group remove", about: [act.group, act.key] };
    case "open-window":
      return {
        verb: "trust open",
        options: {
          for: toDuration(act.forMs),
          max: typeof act.max === "number" ? String(act.max) : undefined,
          from: act.from ?? undefined,
        },
      };
    case "close-window":
      return { verb: "trust open", options: { close: true } };
    case "create-token":
      return {
        verb: "token create",
        options: {
          server: act.server,
          "server-pin": act.serverPin,
          expires: act.forMs === undefined ? undefined : toDuration(act.forMs),
          from: act.from,
          replace: act.replace,
          group: act.groups,
        },
        about: [act.peer],
      };
    case "cancel-token":
      return { verb: "token cancel", about: [act.id] };
    case "create-api-token":
      return {
        verb: "api-token create",
        options: { scope: act.scope, expires: toTime(act.expires) },
        about: [act.name],
      };
    case "cancel-api-token":
      return { verb: "api-token cancel", about: [act.id] };
  }
}

function toWords([name, value]: readonly [string, Options[string]]): readonly string[] {
  if (value === undefined || value === false) return [];
  if (value === true) return [`--${name}`];
  const values = typeof value === "string" ? [value] : value;
  return values.flatMap((one) => (one.startsWith("-") ? [`--${name}=${one}`] : [`--${name}`, one]));
}

function toTime(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}

const UNITS = [
  ["w", 604_800],
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
] as const;

/** In the largest unit of which it is a whole number; at least a second. */
function toDuration(forMs: number): string {
  const seconds = Math.max(1, Math.round(forMs / 1000));
  const [unit, size] = UNITS.find(([, each]) => seconds % each === 0) ?? ["s", 1];
  return `${seconds / size}${unit}`;
}

/** Whoever copies the command may be in another folder, and have no HANDCLASP_STORE. */
function storeOf(store: StoreUrl): Options {
  const { file } = store;
  const isDefault = file !== null && resolve(file) === join(dataFolder(), "trust.db");
  return isDefault ? {} : { store: String(store.in(process.cwd())) };
}
