import { formatServerAddress } from "../../client/servers/server-address.ts";
import type { ForwardingListener, ListenerSettings, ListenerValues, Upstream } from "./config.ts";
import type { ClientCertificate } from "../../guard/options.ts";
import { letsInStrangers } from "./parse-allowed.ts";
import { LISTENER_SETTINGS } from "./listener-settings.ts";
import { parseSocketPath } from "./parse-socket-path.ts";
import { parseUpstream } from "./parse-upstream.ts";
import { AUTHORIZER } from "../../trust/records/sighting.ts";
import { type Setting, standardOf } from "./setting.ts";

/** Who reads what is said of a listener: a file, or a command line. */
export interface ListenerReading {
  /** How a setting is called there. */
  readonly spell: (setting: Setting<unknown>) => string;
  /** What is said of a setting that is for another mode. */
  readonly misplaced: (setting: Setting<unknown>, mode: string, complaint: string) => string;
  /** Takes what is wrong, and with which setting. */
  readonly complain: (setting: Setting<unknown>, complaint: unknown) => void;
  /** Where a path leads that was written there. */
  readonly resolve: (path: string) => string;
}

/** What is said of a listener as a whole; when something was complained of, it is not to be used. */
export function toListener(values: ListenerValues, reading: ListenerReading): ForwardingListener {
  const settings = toListenerSettings(values, reading);
  return { ...settings, mode: values.mode, to: upstreamOf(values, reading) };
}

/** The same without where its connections go. */
export function toListenerSettings(values: ListenerValues, reading: ListenerReading): ListenerSettings {
  checkTogether(values, reading);
  checkLists(values, reading);
  const { name, cert, key, firstUse, bind, validity, rotation, trustCa, mode: _, to: __, ...rest } = values;
  const { resolve } = reading;
  return {
    ...rest,
    name: name ?? formatServerAddress(values.listen),
    certificate:
      cert === undefined || key === undefined ? undefined : { cert: resolve(cert), key: resolve(key) },
    clientCertificate: clientCertificateOf(values),
    policy: { firstUse, bind, validity, rotation },
    alpn: alpnOf(values),
    trustCa: trustCa === "none" || trustCa === "system" ? trustCa : resolve(trustCa),
  };
}

/** PostgreSQL's clients that begin TLS at once insist on their protocol. */
function alpnOf({ alpn, starttls }: ListenerValues): readonly string[] {
  return starttls === "postgres" && alpn.length === 0 ? ["postgresql"] : alpn;
}

/** What no setting alone shows. */
function checkTogether(values: ListenerValues, { spell, misplaced, complain }: ListenerReading): void {
  const { cert, key, minTls, maxTls, mode } = values;
  const { cert: certSetting, key: keySetting } = LISTENER_SETTINGS;
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? keySetting : certSetting;
    complain(missing, `${spell(certSetting)} and ${spell(keySetting)} belong together`);
  }
  if (values.name === AUTHORIZER) {
    complain(LISTENER_SETTINGS.name, `${AUTHORIZER} is what the authorizer is called in logs and lists`);
  }
  if (minTls > maxTls) {
    const { minTls: oldest, maxTls: newest } = LISTENER_SETTINGS;
    complain(oldest, `${spell(oldest)} is newer than ${spell(newest)}`);
  }
  for (const [property, setting] of Object.entries<Setting<unknown>>(LISTENER_SETTINGS)) {
    const { only } = setting;
    if (only === undefined || only.mode === mode) continue;
    if (isSaid(values[property as keyof ListenerValues], setting)) {
      complain(setting, misplaced(setting, only.mode, only.complaint));
    }
  }
}

/** Lists that nobody could be in, since nobody is asked for a certificate. */
function checkLists(values: ListenerValues, { spell, complain }: ListenerReading): void {
  const { clientCertificate, allow, paths } = values;
  if (clientCertificate !== "none") return;
  const { clientCertificate: setting, allow: allowSetting } = LISTENER_SETTINGS;
  if (paths.some((rule) => letsInStrangers(rule.allow))) {
    complain(
      setting,
      `${spell(setting)} has to be another where a path lets in anyone or a network: peers have the others`,
    );
  } else if (allow?.some(isForPeers)) {
    complain(setting, `${spell(setting)} has to be another where ${spell(allowSetting)} has peers in it`);
  }
}

function isForPeers(entry: string): boolean {
  return !letsInStrangers([entry]);
}

/** Where a list lets in who shows no certificate, one is asked for, and required of nobody. */
function clientCertificateOf({ clientCertificate, allow = [], paths }: ListenerValues): ClientCertificate {
  const isOptional = [allow, ...paths.map((rule) => rule.allow)].some(letsInStrangers);
  return isOptional && clientCertificate === "required" ? "optional" : clientCertificate;
}

function isSaid(value: unknown, setting: Setting<unknown>): boolean {
  const standard = standardOf(setting);
  return Array.isArray(value) ? JSON.stringify(value) !== JSON.stringify(standard) : value !== standard;
}

const NOWHERE: Upstream = { kind: "unix", path: "" };

function upstreamOf({ to, mode }: ListenerValues, { complain, resolve }: ListenerReading): Upstream {
  try {
    const upstream = parseUpstream(to, mode);
    return upstream.kind === "unix"
      ? { ...upstream, path: parseSocketPath(resolve(upstream.path)) }
      : upstream;
  } catch (error) {
    complain(LISTENER_SETTINGS.to, error);
    return NOWHERE;
  }
}
