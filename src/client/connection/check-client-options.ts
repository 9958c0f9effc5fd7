import {
  checkOptions,
  COUNT,
  FUNCTION,
  has,
  OBJECT,
  oneOf,
  type OptionRule,
  type OptionRules,
  TEXT,
} from "../../check-options.ts";
import { HandclaspError } from "../../errors.ts";
import type { ClientOptions, ConnectOptions } from "./connect-options.ts";

const TLS_VERSION = oneOf("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3");

/** Key and certificate, both as PEM. */
export const IDENTITY: OptionRule = {
  mustBe: "an identity: { key, certificate }, both as PEM",
  allows: (value) =>
    OBJECT.allows(value) &&
    ["key", "certificate"].every((name) => TEXT.allows(Reflect.get(value as object, name))),
};

/** Node takes an empty text for none, and then all CAs that it brings along. */
const CAS: OptionRule = {
  mustBe: "certificates of CAs as PEM",
  allows: (value) => typeof value === "string" && value.includes("-----BEGIN "),
};

const CLIENT: OptionRules<ClientOptions> = {
  identity: IDENTITY,
  knownServers: has("known servers: new KnownServers(store, …)", "judge", "remember", "refuse"),
  verifyServer: oneOf("accept", "ask", "refuse"),
  ask: FUNCTION,
  servername: TEXT,
  minVersion: TLS_VERSION,
  maxVersion: TLS_VERSION,
  alpnProtocols: { mustBe: "a list of texts", allows: (value) => Array.isArray(value) },
  timeoutMs: COUNT,
  sessions: has("a SessionCache", "take", "watch"),
  openTransport: FUNCTION,
  onServer: FUNCTION,
  onKeyLog: FUNCTION,
};

const CONNECT: OptionRules<ConnectOptions> = {
  ...CLIENT,
  host: TEXT,
  port: {
    mustBe: "a port",
    allows: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 16,
  },
  socketPath: TEXT,
  ca: CAS,
  signal: OBJECT,
};

/** Throws ERR_HANDCLASP_OPTION: a server that should be refused would be accepted by an option that was mistyped. */
export function checkClientOptions(of: string, options: ClientOptions): void {
  checkOptions(of, options, CLIENT, ["knownServers"]);
}

/** The same for what `connect()` takes. */
export function checkConnectOptions(options: ConnectOptions): void {
  checkOptions("connect()", options, CONNECT, ["knownServers", "host", "port"]);
  if (options.ca === undefined || options.sessions === undefined) return;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", "connect() takes no sessions together with ca", {
    hint: "a session is resumed by the key that it was made with",
  });
}
