// Clients that nobody knows, in a process of their own: each a key of its own, each from an address of its own.
import process from "node:process";
import { connect } from "node:tls";
import { createIdentity, type CreatedIdentity } from "../../src/x509/create-identity.ts";

/** What it is told; answered when that is done. */
export type StrangersOrder =
  /** How many to have ready. */
  | { readonly make: number }
  /** How long to need the processor for nothing, in milliseconds: a core that rests answers others faster. */
  | { readonly rehearseMs: number }
  /** How many to let loose on a port. */
  | { readonly knock: number; readonly port: number; readonly atOnce: number };

export interface StrangersReport {
  readonly refused: number;
  /** Connections that ended otherwise. */
  readonly otherwise: number;
}

const ready: CreatedIdentity[] = [];
let used = 0;

process.on("message", (order: StrangersOrder) => {
  void obey(order).then((report) => process.send?.(report));
});

async function obey(order: StrangersOrder): Promise<StrangersReport> {
  if ("make" in order) return await make(order.make);
  if ("rehearseMs" in order) return await rehearse(order.rehearseMs);
  return await knock(order.knock, order.port, order.atOnce);
}

async function make(count: number): Promise<StrangersReport> {
  while (ready.length < count) {
    const name = `stranger-${ready.length}`;
    ready.push(await createIdentity({ name, type: "ed25519", now: new Date() }));
  }
  return { refused: 0, otherwise: 0 };
}

async function rehearse(forMs: number): Promise<StrangersReport> {
  const end = performance.now() + forMs;
  while (performance.now() < end) await createIdentity({ name: "nobody", type: "ed25519", now: new Date() });
  return { refused: 0, otherwise: 0 };
}

async function knock(count: number, port: number, atOnce: number): Promise<StrangersReport> {
  let left = count;
  let refused = 0;
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      if (await isRefused(port)) refused += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return { refused, otherwise: count - refused };
}

async function isRefused(port: number): Promise<boolean> {
  const who = ready.shift();
  if (who === undefined) throw new Error("no strangers are left");
  used += 1;
  // Options of `net.connect` are passed on, whatever the types say.
  const from = { localAddress: `127.1.${(used >> 8) & 255}.${used & 255}` };
  const socket = connect({
    ...from,
    port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
    key: who.privateKeyPem,
    cert: who.certificatePem,
  });
  let error = "";
  socket.on("error", ({ message }) => (error = message)).resume();
  await new Promise((resolve) => socket.once("close", resolve));
  return /alert number 49/.test(error);
}
