import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { HandclaspError, reasonOf } from "../../../errors.ts";
import type { GatewayConfig } from "../../../gateway/config/config.ts";
import { parseConfig } from "../../../gateway/config/parse-config.ts";
import { certificatesFromPem } from "../../../x509/certificate-description.ts";
import { type GatewayOptions, metricsOf, toGatewayConfig } from "./gateway-options.ts";
import { passphraseFrom } from "../../command-line/passphrase-file.ts";
import { readSecrets } from "../../authorizer/secrets.ts";
import { readServerIdentity } from "../../identities/server-identity.ts";
import type { StoreUrl } from "../../../trust/port/store-url.ts";
import { readTextFile } from "../../../client/identities/text-file.ts";
import type { ConfigSource, Secret } from "./config-source.ts";

/** Flags that go with a file: all others belong to a listener, and a file says that itself. */
const WITH_FILE: ReadonlySet<string> = new Set([
  "config",
  "store",
  "metrics",
  "json",
  "log",
  "printCertificate",
  "trace",
  "passphraseFile",
]);

/** The file of `--config`, or the flags. Ends with wrong usage when both say something. */
export function configSource(verb: Command, options: GatewayOptions): ConfigSource {
  const { config: file, store } = options;
  const secret = passphraseFrom(options);
  if (file === undefined) {
    const config = toGatewayConfig(verb, options);
    return { file, secret, read: () => config };
  }
  const other = verb.options.find((option) => {
    const name = option.attributeName();
    return !WITH_FILE.has(name) && verb.getOptionValueSource(name) === "cli";
  });
  if (other !== undefined) {
    verb.error(`error: ${other.long ?? ""} and --config do not go together: the file says it`);
  }
  const read = (): GatewayConfig => {
    const config = readConfig(file, store, secret);
    return { ...config, metrics: config.metrics ?? metricsOf(options) };
  };
  return { file, secret, read };
}

/** Reads a file and what it names. Throws ERR_HANDCLASP_CONFIG and what certificates and keys are refused for. */
export function readConfig(file: string, store: StoreUrl, { passphrase }: Secret = {}): GatewayConfig {
  const config = parseConfig(readText(file), { file, folder: dirname(resolve(file)), store });
  for (const { certificate, trustCa } of config.listeners) {
    if (certificate !== undefined) readServerIdentity(certificate.cert, certificate.key, passphrase);
    if (trustCa !== "none" && trustCa !== "system") certificatesFromPem(readText(trustCa));
  }
  const admin = config.admin?.certificate;
  if (admin !== undefined) readServerIdentity(admin.cert, admin.key, passphrase);
  if (config.authorizer !== undefined) readSecrets(config.authorizer);
  return config;
}

/** The text of a configuration. Throws ERR_HANDCLASP_CONFIG. */
export function readText(file: string): string {
  try {
    return readTextFile(file);
  } catch (error) {
    throw new HandclaspError("ERR_HANDCLASP_CONFIG", `cannot read ${file}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
