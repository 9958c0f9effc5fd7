import * as v from "valibot";
import { complaintOf } from "./complaint-of.ts";
import type {
  AdminValues,
  AuthorizerValues,
  GatewaySettings,
  ListenerValues,
  MetricsConfig,
} from "./config.ts";
import { AUTHORIZER_SETTINGS } from "./authorizer-settings.ts";
import { ADMIN_SETTINGS, GATEWAY_SETTINGS, METRICS_SETTINGS } from "./gateway-settings.ts";
import { LISTENER_SETTINGS } from "./listener-settings.ts";
import type { Reader, Setting, SettingTable } from "./setting.ts";

/** A file, with its defaults filled in and its texts understood. */
export interface ParsedConfig extends GatewaySettings {
  readonly metrics?: MetricsConfig | undefined;
  readonly admin?: AdminValues | undefined;
  readonly authorizer?: AuthorizerValues | undefined;
  readonly listener: readonly ListenerValues[];
}

type Schema = v.GenericSchema;
type Values = Readonly<Record<string, unknown>>;

const NAME = v.pipe(v.string(), v.nonEmpty());
const COUNT = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(999_999_999));

const TABLES = {
  metrics: v.optional(schemaOfTable(METRICS_SETTINGS)),
  admin: v.optional(schemaOfTable(ADMIN_SETTINGS)),
  authorizer: v.optional(schemaOfTable(AUTHORIZER_SETTINGS)),
  listener: v.pipe(
    v.array(schemaOfTable(LISTENER_SETTINGS)),
    v.minLength(1, "there has to be at least one [[listener]]"),
  ),
};

/** What a file may say. */
export const CONFIG_SCHEMA: v.GenericSchema<unknown, ParsedConfig> = v.pipe(
  v.strictObject({ ...entriesOf(GATEWAY_SETTINGS), ...TABLES }),
  v.transform(({ metrics, admin, authorizer, listener, ...values }) => ({
    ...byProperty(GATEWAY_SETTINGS, values),
    metrics,
    admin,
    authorizer,
    listener,
  })),
) as Schema as v.GenericSchema<unknown, ParsedConfig>;

function schemaOfTable(settings: SettingTable): Schema {
  return v.pipe(
    v.strictObject(entriesOf(settings)),
    v.transform((values) => byProperty(settings, values)),
  );
}

function entriesOf(settings: SettingTable): Record<string, Schema> {
  return Object.fromEntries(
    Object.values(settings).map((setting) => [setting.key, schemaOfSetting(setting)]),
  );
}

/** What a file says by key goes by what it is called in a configuration. */
function byProperty(settings: SettingTable, values: Values): Values {
  return Object.fromEntries(Object.entries(settings).map(([property, { key }]) => [property, values[key]]));
}

function schemaOfSetting({ reader, default: standard, isRequired }: Setting<unknown>): Schema {
  const schema = schemaOf(reader);
  return isRequired === true ? schema : v.optional(schema, standard);
}

function schemaOf(reader: Reader<unknown>): Schema {
  switch (reader.kind) {
    case "words":
      return v.pipe(v.picklist(reader.words), v.transform(reader.read));
    case "text":
      return parsedText(reader.read);
    case "list":
      return v.array(parsedText(reader.item));
    case "tables":
      return v.array(schemaOfTable(reader.settings));
    case "name":
      return NAME;
    case "flag":
      return v.boolean();
    case "count":
      return COUNT;
    case "count-or-auto":
      return v.union([COUNT, v.literal("auto")]);
  }
}

/** What the parser throws is the complaint. */
function parsedText(read: (text: string) => unknown): Schema {
  return v.pipe(
    v.string(),
    v.rawTransform<string, unknown>(({ dataset, addIssue, NEVER }) => {
      try {
        return read(dataset.value);
      } catch (error) {
        addIssue({ message: complaintOf(error) });
        return NEVER;
      }
    }),
  );
}
