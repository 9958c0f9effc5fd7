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
