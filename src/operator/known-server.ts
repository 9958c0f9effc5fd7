import { HandclaspError } from "../errors.ts";
import { toIsoTime } from "./iso-time.ts";
import { toKeyId } from "../trust/key-id.ts";
import type { KeyPin } from "../trust/key-record.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";

/** Where a server is and which key it has. */
export interface ServerRecord {
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly pin: KeyPin;
  readonly keyId: string;
}

/** Keeps it in the store, for those who invite clients; `at` is in milliseconds since the epoch. */
export async function recordServer(
  store: TrustStore,
  { address, host, port, pin }: Omit<ServerRecord, "keyId">,
  at: number,
): Promise<ServerRecord> {
  const record = { address, host, port, pin, keyId: toKeyId(pin) };
  const text = JSON.stringify({ ...record, at: toIsoTime(at) });
  await store.putSetting(`server:${address}`, text);
  await store.putSetting("server", text);
  return record;
}

/** The server that was last started on this store. */
export function recordedServer(store: TrustStore): ServerRecord | undefined {
  const text = store.setting("server");
  return text === undefined ? undefined : (JSON.parse(text) as ServerRecord);
}

/** `HOST:PORT` for clients. Throws ERR_HANDCLASP_OPTION when no server ran, or one at every address of its machine. */
export function reachableAddress(server: ServerRecord | undefined): string {
  if (server !== undefined && !EVERY_ADDRESS.has(server.host)) return server.address;
  throw new HandclaspError(
    "ERR_HANDCLASP_OPTION",
    server === undefined
      ? "it is not known where the server is: none was started on this store"
      : `the server listens on ${server.address}, which is no address that a client can connect to`,
    {
      hint: "say how clients reach it",
      remedies: [{ act: "create-token", at: "server", options: { server: "HOST:PORT" } }],
    },
  );
}

const EVERY_ADDRESS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);
