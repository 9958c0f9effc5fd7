import { HandclaspError } from "../errors.ts";
import { toIsoTime } from "./iso-time.ts";
import { toKeyId } from "../trust/naming/key-id.ts";
import { LISTENERS_SETTING } from "../trust/port/kept-listeners.ts";
import type { KeyPin } from "../trust/records/key-record.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";

/** Where a server is and which key it has. */
export interface ServerRecord {
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly pin: KeyPin;
  readonly keyId: string;
  /** The protocol in which clients ask for TLS first; undefined where TLS begins at once. */
  readonly starttls?: string;
}

/** What is said of a server; its key id follows from its pin. */
export type ServerPlace = Omit<ServerRecord, "keyId">;

/** What the store keeps of the server that was last started on it: its last listener, and all where it has several. */
interface KeptServer extends ServerRecord {
  readonly listeners?: readonly ServerRecord[];
}

/** A proxy that ends TLS itself: its key is known, and where clients find it is not. */
export function proxyPlace(pin: KeyPin): ServerPlace {
  return { address: "proxy", host: "", port: 0, pin };
}

/**
 * Keeps all listeners of a server, for those who invite clients, in place of those that a former one had; `at` is in
 * milliseconds since the epoch.
 */
export async function recordListeners(
  store: TrustStore,
  servers: readonly ServerPlace[],
  at: number,
): Promise<readonly ServerRecord[]> {
  const listeners = servers.map(toRecord);
  const moment = { at: toIsoTime(at) };
  for (const each of listeners)
    await store.putSetting(`server:${each.address}`, JSON.stringify({ ...each, ...moment }));
  const all = listeners.length === 1 ? {} : { listeners };
  await store.putSetting(LISTENERS_SETTING, JSON.stringify({ ...listeners.at(-1), ...moment, ...all }));
  return listeners;
}

/** The server that was last started on this store: of several listeners the last one. */
export function recordedServer(store: TrustStore): ServerRecord | undefined {
  return recordedListeners(store).at(-1);
}

/** The listeners of the server that was last started on this store, on this machine. */
export function recordedListeners(store: Pick<TrustStore, "setting">): readonly ServerRecord[] {
  const text = store.setting(LISTENERS_SETTING);
  if (text === undefined) return [];
  const kept = JSON.parse(text) as KeptServer;
  return kept.listeners ?? [kept];
}

/** The listeners of this machine, and those of all others that share its trust, each once; those that were started here last are. */
export async function listenersOfAll(
  store: Pick<TrustStore, "setting" | "nodes">,
): Promise<readonly ServerRecord[]> {
  const own = recordedListeners(store);
  // Where several servers run here, they are on the list of machines.
  const others = (await store.nodes()).flatMap(({ listeners }) => listeners);
  const all = new Map([...others.map(toRecord), ...own].map((one) => [`${one.address} ${one.pin}`, one]));
  return [...all.values()];
}

function toRecord({ address, host, port, pin, starttls }: ServerPlace): ServerRecord {
  return { address, host, port, pin, keyId: toKeyId(pin), ...(starttls !== undefined && { starttls }) };
}

/** `HOST:PORT` for clients. Throws ERR_HANDCLASP_OPTION when no server ran, or one at every address of its machine. */
export function reachableAddress(server: ServerRecord | undefined): string {
  if (server !== undefined && server.host !== "" && !EVERY_ADDRESS.has(server.host)) return server.address;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", whyUnreachable(server), {
    hint: "say how clients reach it",
    remedies: [{ act: "create-token", at: "server", options: { server: "HOST:PORT" } }],
  });
}

function whyUnreachable(server: ServerRecord | undefined): string {
  if (server === undefined) return "it is not known where the server is: none was started on this store";
  if (server.host === "")
    return "it is not known where clients find the proxy: an authorizer is asked by it alone";
  return `the server listens on ${server.address}, which is no address that a client can connect to`;
}

const EVERY_ADDRESS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);
