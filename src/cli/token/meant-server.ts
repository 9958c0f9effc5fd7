import { readIdentityFile } from "../../client/identities/identity-file.ts";
import { StoreUrl } from "../../trust/port/store-url.ts";
import { HandclaspError } from "../../errors.ts";
import { reachableAddress, recordedListeners, type ServerRecord } from "../../operator/known-server.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { formatServerAddress } from "../../client/servers/server-address.ts";
import { formatTokenServer, parseTokenServer, type TokenServer } from "../../client/servers/token-server.ts";
import { isStartTlsProtocol } from "../../trust/naming/starttls-protocol.ts";
import { serverIdentityFile } from "../identities/server-identity.ts";

export interface MeantServer {
  readonly servers: readonly string[];
  readonly serverPin: KeyPin;
}

/**
 * The server that a token is for: as it was said, else as it last listened. Of several listeners none is taken for the
 * one that was meant, nor one key of several. By default they are those of this machine.
 */
export function meantServer(
  store: TrustStore,
  said: { readonly server?: readonly string[]; readonly serverPin?: KeyPin },
  listeners: readonly ServerRecord[] = recordedListeners(store),
): MeantServer {
  const addresses = (said.server ?? [reachableAddress(onlyOne(listeners))]).map(parseTokenServer);
  const servers = addresses.map((server) => formatTokenServer(toReach(server, listeners)));
  return {
    servers,
    serverPin: said.serverPin ?? pinOf(store, addresses.map(formatServerAddress), listeners),
  };
}

/** As clients begin there: as it was said, else as the listener of that address does, else as all listeners do. */
function toReach({ host, port, starttls }: TokenServer, listeners: readonly ServerRecord[]): TokenServer {
  const server = { host, port };
  const named = listeners.filter(({ address }) => address === formatServerAddress(server));
  const ways = new Set((named.length > 0 ? named : listeners).map((listener) => listener.starttls ?? "none"));
  const [way = "none"] = starttls === undefined && ways.size === 1 ? ways : [starttls];
  return isStartTlsProtocol(way) ? { ...server, starttls: way } : server;
}

function onlyOne(listeners: readonly ServerRecord[]): ServerRecord | undefined {
  if (listeners.length <= 1) return listeners[0];
  const list = listeners.map(({ address }) => address).join(", ");
  throw new HandclaspError("ERR_HANDCLASP_AMBIGUOUS", `the server has several listeners: ${list}`, {
    hint: "say which one it is for, as clients reach it: --server HOST:PORT",
  });
}

function pinOf(store: TrustStore, servers: readonly string[], listeners: readonly ServerRecord[]): KeyPin {
  const named = listeners.filter(({ address }) => servers.includes(address));
  const known = named.length > 0 ? named : listeners;
  const file = serverIdentityFile(StoreUrl.parse(store.url));
  const pin = known[0]?.pin ?? (file === null ? undefined : readIdentityFile(file)?.facts.pin);
  if (known.some((listener) => listener.pin !== pin)) {
    const list = known.map(({ address, pin: its }) => `${address} ${its}`).join(", ");
    throw new HandclaspError("ERR_HANDCLASP_AMBIGUOUS", `the listeners have different keys: ${list}`, {
      hint: "give the key of the one that it is for: --server-pin PIN",
    });
  }
  if (pin !== undefined) return pin;
  throw new HandclaspError(
    "ERR_HANDCLASP_OPTION",
    "the server's key is not known: none that shows a key of its own was started on this store",
    {
      hint: "start the server once, or the authorizer with the proxy's certificate (--server-cert FILE); or give the key: --server-pin PIN",
    },
  );
}
