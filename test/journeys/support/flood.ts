import tls from "node:tls";
import { createIdentity, type CreatedIdentity } from "../../../src/x509/create-identity.ts";
import { alertIn } from "../../guard/support/node-client.ts";

let made = 0;

/** A new key under a name of its own. */
export function stranger(): Promise<CreatedIdentity> {
  return createIdentity({ name: `stranger-${++made}`, type: "ed25519", now: new Date() });
}

/** As many new keys. */
export function strangers(count: number): Promise<CreatedIdentity[]> {
  return Promise.all(Array.from({ length: count }, stranger));
}

/** What came of a connection that says `hello`. */
export interface Knock {
  readonly alert: number | null;
  readonly greeted: boolean;
}

/** Connects once and reads to the end. */
export function knock(
  port: number,
  who: Pick<CreatedIdentity, "privateKeyPem" | "certificatePem">,
): Promise<Knock> {
  return new Promise((resolve) => {
    let answer = "";
    let error = "";
    const socket = tls.connect({
      port,
      host: "127.0.0.1",
      rejectUnauthorized: false,
      key: who.privateKeyPem,
      cert: who.certificatePem,
    });
    socket.on("secureConnect", () => socket.write("hello\n"));
    socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
    socket.on("error", ({ message }) => (error ||= message));
    socket.on("close", () => resolve({ alert: alertIn(error), greeted: answer === "Hello, hello" }));
  });
}

/** Does something to each, so many at once. */
export async function forEachOf<T, R>(
  items: readonly T[],
  atOnce: number,
  act: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await act(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

/** Knocks with new keys until it is disposed of, so that nothing is left of the tokens of first use. */
export class Flood implements AsyncDisposable {
  readonly #done: Promise<void>;
  #stopped = false;

  constructor(port: number) {
    this.#done = this.#run(port);
  }

  async #run(port: number): Promise<void> {
    while (!this.#stopped) await knock(port, await stranger());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }
}
