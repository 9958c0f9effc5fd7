/** One thing that a configuration says: in a file by its key, on a command line by an option of that name. */
export interface Setting<T> {
  /** Its name in a file. */
  readonly key: string;
  readonly reader: Reader<NonNullable<T>>;
  /** What it is when nothing is said of it, as a file says it. */
  readonly default?: string | number | boolean | readonly string[];
  /** What pages call a default that is no value, or a list. */
  readonly without?: string;
  /** A file has to say it. */
  readonly isRequired?: true;
  /** The mode it is for, and what is said of it in another one. */
  readonly only?: { readonly mode: string; readonly complaint: string };
  /** Undefined for what only a file says. */
  readonly option?: SettingOption;
}

/** A setting on a command line. */
interface SettingOption {
  /** Without dashes, where it is not the key. */
  readonly name?: string;
  /** What stands for the value in help, like `<duration>`; undefined where it has none. */
  readonly value?: string;
  /** What help says; a key in braces stands for the option of that setting. */
  readonly help: string;
  /** Where it is not the file's. */
  readonly default?: string;
  /** Whether a server that greets has it, too, and with a default of its own. */
  readonly greets?: true | { readonly default: string };
}

/** A setting for each property. */
export type Settings<T> = { readonly [Property in keyof T]-?: Setting<T[Property]> };

/** Settings of whatever table. */
export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

/** How what somebody wrote becomes a value. */
export type Reader<T> =
  | (Reads<T> & WordReader)
  | (Reads<T> & { readonly kind: "text" | "name" | "flag" | "count" | "count-or-auto" })
  | (Reads<T> & ListReader)
  | TableReader;

interface Reads<T> {
  /** Of a text; throws what it cannot be, which is the complaint. */
  readonly read: (text: string) => T;
}

/** One of a few words. */
interface WordReader {
  readonly kind: "words";
  readonly words: readonly string[];
}

/** Texts. An option says some of them with commas, and is given again for more. */
interface ListReader {
  readonly kind: "list";
  readonly item: (text: string) => unknown;
}

/** Tables of a file, which no option can say. */
interface TableReader {
  readonly kind: "tables";
  readonly settings: SettingTable;
}

/** What a setting is when nothing is said of it. */
export function standardOf({ reader, default: standard }: Setting<unknown>): unknown {
  return typeof standard === "string" && reader.kind !== "tables" ? reader.read(standard) : standard;
}

/** What the option of a setting is called, without its dashes. */
export function optionName({ key, option }: Setting<unknown>): string {
  return option?.name ?? key.replaceAll("_", "-");
}
