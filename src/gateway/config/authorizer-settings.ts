import { HandclaspError } from "../../errors.ts";
import type { AuthorizerListen, AuthorizerValues, HaproxyMap } from "./config.ts";
import { LISTENER_SETTINGS } from "./listener-settings.ts";
import { parseListenAddress } from "./parse-listen.ts";
import { name, text } from "./readers.ts";
import type { Settings } from "./setting.ts";

const { firstUse, bind, validity, rotation } = LISTENER_SETTINGS;

/** What there is to say of an authorizer, in a file and by options of its verb. */
export const AUTHORIZER_SETTINGS: Settings<AuthorizerValues> = {
  listen: {
    key: "listen",
    reader: text(parseAuthorizerListen),
    isRequired: true,
    option: {
      value: "<where>",
      help: "where proxies ask: unix:PATH, or HOST:PORT of this machine alone, with {secret_file}",
    },
  },
  socketMode: {
    key: "socket_mode",
    reader: text(parseSocketMode),
    default: "0660",
    option: { value: "<mode>", help: "who may connect to the Unix socket: its owner and group" },
  },
  secretFile: {
    key: "secret_file",
    reader: name,
    without: "none; HOST:PORT needs one",
    option: { value: "<file>", help: "its first line is what proxies have to send as Handclasp-Secret" },
  },
  serverCert: {
    key: "server_cert",
    reader: name,
    without: "none",
    option: {
      value: "<file>",
      help: "the certificate that the proxy shows, as PEM: join tokens need its key",
    },
  },
  firstUse,
  bind,
  validity,
  rotation,
  haproxy: {
    key: "haproxy",
    reader: text(parseHaproxyMap),
    without: "none",
    option: {
      value: "<socket:map>",
      help: "keep this map of HAProxy by its runtime API, and end the sessions of who is revoked",
    },
  },
  envoySds: {
    key: "envoy_sds",
    reader: text(parseEnvoyFile),
    without: "none",
    option: { value: "<file>", help: "keep the keys of trusted peers in this file, which Envoy watches" },
  },
};

function parseAuthorizerListen(written: string): AuthorizerListen {
  if (/^[./]/.test(written))
    throw refuse(`${JSON.stringify(written)} is not HOST:PORT: a socket is written unix:${written}`);
  if (!written.startsWith("unix:")) return { kind: "tcp", address: parseListenAddress(written) };
  const path = written.slice("unix:".length);
  if (path === "") throw refuse(`"${written}" has no path: write unix:/run/handclasp/authz.sock`);
  return { kind: "unix", path };
}

/** Whoever can connect can claim any certificate: that is never everybody on the machine. */
function parseSocketMode(written: string): number {
  if (/^0?[0-7][0-7]0$/.test(written)) return Number.parseInt(written, 8);
  const problem = /^0?[0-7]{3}$/.test(written)
    ? "a socket that everybody may use lets everybody on this machine claim any certificate"
    : "a mode is written in octal digits";
  throw refuse(`${problem}: write 0660 or 0600`);
}

/** The last colon is the one: a map may be called by its file, and that has none. */
function parseHaproxyMap(written: string): HaproxyMap {
  const [, socket = "", map = ""] = /^(.+):([^:]+)$/.exec(written) ?? [];
  if (socket !== "") return { socket, map };
  throw refuse(`"${written}" is not SOCKET:MAP: write /run/haproxy.sock:/etc/haproxy/trusted.map`);
}

/** Envoy tells formats apart by how a file is called. */
function parseEnvoyFile(written: string): string {
  if (written === "") throw refuse("It is empty, and has to be a path.");
  if (/\.(json|yaml)$/.test(written)) return written;
  throw refuse(`"${written}" is called neither .json nor .yaml: Envoy would not read it`);
}

function refuse(message: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", message);
}
