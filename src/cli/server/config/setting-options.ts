import { Option } from "commander";
import { AUTHORIZER_SETTINGS } from "../../../gateway/config/authorizer-settings.ts";
import { LISTENER_SETTINGS } from "../../../gateway/config/listener-settings.ts";
import {
  optionName,
  type Setting,
  type Settings,
  type SettingTable,
  standardOf,
} from "../../../gateway/config/setting.ts";
import { asArgument } from "../../command-line/as-argument.ts";

/** The verbs that have options for settings. */
export type ServerVerb = "serve" | "gateway" | "authorizer";

/** The option of a setting. */
export function settingOption(setting: Setting<unknown>, verb: ServerVerb): Option {
  const { reader, option } = setting;
  if (option === undefined || reader.kind === "tables") throw new TypeError(`no option says ${setting.key}`);
  const made = new Option([flagOf(setting), option.value].filter(Boolean).join(" "), helpOf(option.help));
  if (reader.kind === "flag") return made;
  if (reader.kind === "words") made.choices(reader.words);
  const read = asArgument(reader.read);
  const standard = defaultOf(setting, verb);
  made.argParser<unknown>(
    reader.kind === "list" ? (text, before) => [before === standard ? [] : before, read(text)].flat() : read,
  );
  if (standard === undefined) return made;
  if (typeof standard !== "string") {
    return made.default(standard, Array.isArray(standard) ? setting.without : undefined);
  }
  return made.default(reader.read(standard), reader.kind === "text" ? standard : JSON.stringify(standard));
}

/** As it is written on a command line. */
export function flagOf(setting: Setting<unknown>): string {
  return `--${optionName(setting)}`;
}

/** What options say of settings; by default where they do not, or cannot. */
export function valuesOf<T>(settings: Settings<T>, options: object): T {
  const table: SettingTable = settings;
  const entries = Object.entries(table).map(([property, setting]) => [
    property,
    (options as Readonly<Record<string, unknown>>)[attributeOf(setting)] ?? standardOf(setting),
  ]);
  return Object.fromEntries(entries) as T;
}

/** What commander calls it. */
function attributeOf(setting: Setting<unknown>): string {
  return optionName(setting).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function defaultOf(
  { option, default: standard }: Setting<unknown>,
  verb: ServerVerb,
): Setting<unknown>["default"] {
  const { greets } = option ?? {};
  if (verb === "serve" && typeof greets === "object") return greets.default;
  return option?.default ?? standard;
}

function helpOf(help: string): string {
  const settings = [
    ...Object.values<Setting<unknown>>(LISTENER_SETTINGS),
    ...Object.values<Setting<unknown>>(AUTHORIZER_SETTINGS),
  ];
  return help.replaceAll(/\{(\w+)\}/g, (written, key: string) => {
    const setting = settings.find((each) => each.key === key);
    return setting === undefined ? written : flagOf(setting);
  });
}
