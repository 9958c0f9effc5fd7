import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { reachable } from "../../journeys/support/gateway.ts";
import { PATIENCE_MS } from "../../support/patience.ts";
import type { ScenarioName } from "./scenario-name.ts";

/** As long as tests wait for anything. */
export const PATIENCE_SECONDS: number = PATIENCE_MS / 1000;
const EXAMPLES = resolve(import.meta.dirname, "../../../examples/proxies");

/** What a proxy is started with. */
export interface ProxyPlace {
  /** Of its own, and empty. */
  readonly folder: string;
  /** The application's, on 127.0.0.1. */
  readonly upstreamPort: number;
  readonly authorizerSocket: string;
  /** Whether it waits for the authorizer no longer than the example says, and not as long as a slow machine needs. */
  readonly isHasty?: boolean;
  /** The server's certificate, its key, and both in one file. */
  readonly certs: { readonly cert: string; readonly key: string; readonly bundle: string };
}

export interface RunningProxy {
  /** On 127.0.0.1, for TLS. */
  readonly port: number;
  stop(): Promise<void>;
}

/** A proxy as Debian has it, run with the very files of examples/proxies, of which paths and ports are replaced. */
export interface ProxyUnderTest {
  readonly name: string;
  /** The program's file, and the packages that bring it. */
  readonly program: string;
  readonly packages: string;
  /** Scenarios that it cannot play by its nature, and why. */
  readonly cannot: Readonly<Partial<Record<ScenarioName, string>>>;
  /** What becomes of an open WebSocket when its key is revoked. */
  readonly webSocketOfRevoked: "lives on" | "is cut";
  /** Whether what became of trust holds for the very next request, or a moment later. Default at once. */
  readonly hears?: "soon";
  /** Its clients get no TLS session that they can resume. */
  readonly neverResumes?: boolean;
  /** Options of the authorizer beside `--listen`. */
  readonly authorizerOptions?: (folder: string) => readonly string[];
  start(place: ProxyPlace): Promise<RunningProxy>;
}

/** Why a proxy's tests are skipped; where everything has to be there, they fail instead. */
export function missing({ program, packages }: ProxyUnderTest): string | false {
  if (existsSync(program)) return false;
  const reason = `${program} is not installed: apt-get install ${packages}`;
  if (process.env["CI"] !== undefined) assert.fail(reason);
  return reason;
}

/** A file of examples/proxies in which each of these texts, which must be there, stands as another. */
export function exampleWith(file: string, replaced: Readonly<Record<string, string>>): string {
  return Object.entries(replaced).reduce(
    (text, [from, to]) => {
      assert.ok(text.includes(from), `examples/proxies/${file} has no "${from}"`);
      return text.replaceAll(from, to);
    },
    readFileSync(join(EXAMPLES, file), "utf8"),
  );
}

/** What an example says of how long it waits for the authorizer, said otherwise unless the proxy is to be hasty. */
export function unlessHasty(
  { isHasty = false }: Pick<ProxyPlace, "isHasty">,
  changes: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return isHasty ? {} : changes;
}

/** Starts a proxy in the foreground; gives it back once it listens, or fails with what it said. */
export async function startProxy(
  program: string,
  args: readonly string[],
  port: number,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<RunningProxy> {
  const child: ChildProcess = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: environment });
  let said = "";
  child.stdout?.on("data", (chunk: Buffer) => (said += String(chunk)));
  child.stderr?.on("data", (chunk: Buffer) => (said += String(chunk)));
  const ended = new Promise<string>((settle) => {
    child.on("error", (error) => settle(`${program}: ${error.message}`));
    child.on("close", (code) => settle(`${program} ended with ${code}: ${said}`));
  });
  const over = new AbortController();
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  try {
    const problem = await Promise.race([ended, reachable(port, over.signal)]);
    if (problem !== undefined) assert.fail(problem);
    return { port, stop };
  } catch (error) {
    over.abort();
    await stop();
    throw error;
  }
}
