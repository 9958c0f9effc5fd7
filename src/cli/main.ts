#!/usr/bin/env node
import { Command, CommanderError, type OutputConfiguration } from "commander";
import { useLargerHeap } from "./larger-heap.ts";
import { printBytes, printError, settleOutput } from "./output.ts";
import { readVersion } from "./version.ts";
import { stderr, stdout } from "./way-out.ts";

/** Each verb's module is loaded only when the verb is used: `--help` stays quick. */
interface Verb {
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: () => Command }>;
}

const VERBS: Readonly<Record<string, Verb>> = {
  serve: {
    summary: "a server that greets clients it knows, to try things out",
    load: () => import("./serve.ts"),
  },
  connect: {
    summary: "connect to a TLS server with an identity of our own",
    load: () => import("./connect.ts"),
  },
  gateway: {
    summary: "trust on first use in front of any service",
    load: () => import("./gateway.ts"),
  },
  token: { summary: "invite a client with one string", load: () => import("./token.ts") },
  join: { summary: "use a token: be known to a server, and know it", load: () => import("./join.ts") },
  trust: {
    summary: "who is trusted: list, approve, revoke, events, audit",
    load: () => import("./trust.ts"),
  },
  "check-config": {
    summary: "what is wrong with a gateway's configuration",
    load: () => import("./check-config.ts"),
  },
  forward: { summary: "the client's half of a tunnel to a gateway", load: () => import("./forward.ts") },
  group: { summary: "peers that a gateway lets in together", load: () => import("./group.ts") },
  trace: {
    summary: "TLS handshakes message by message: live, or from a capture",
    load: () => import("./trace.ts"),
  },
  explain: {
    summary: "why a client was refused, and what changes that",
    load: () => import("./explain.ts"),
  },
  identity: { summary: "our own keys and certificates", load: () => import("./identity.ts") },
  store: { summary: "the trust store: check, backup, stats", load: () => import("./store.ts") },
  demo: { summary: "the whole story in one run", load: () => import("./demo.ts") },
  doctor: { summary: "what is set up, and what is not", load: () => import("./doctor.ts") },
};

/** Runs one command line. Returns the exit code: 0 done, 1 refused or failed, 2 wrong usage. */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command("handclasp")
    .description("Trust on first use for TLS clients: mutual TLS without a certificate authority.")
    .version(readVersion(), "--version")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput(OUTPUT)
    .exitOverride();
  const used = args.find((arg) => !arg.startsWith("-"));
  for (const [name, { summary, load }] of Object.entries(VERBS)) {
    const command = name === used ? (await load()).command() : new Command(name);
    program.addCommand(inherit(command.description(summary)));
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return codeOf(Number(process.exitCode ?? 0));
  } catch (error) {
    if (error instanceof CommanderError) return codeOf(error.exitCode === 0 ? 0 : 2);
    printError(error);
    return 1;
  }
}

/** Who reads half of an answer takes it for the whole one unless told. */
function codeOf(code: number): number {
  const { failure } = stdout;
  if (failure === undefined) return code;
  printError(failure);
  return code === 0 ? 1 : code;
}

/** Wrong usage ends with 2 at every depth. */
function inherit(command: Command): Command {
  for (const inner of command.commands) inherit(inner);
  return command.configureOutput(OUTPUT).exitOverride();
}

const OUTPUT: OutputConfiguration = {
  writeOut: (text) => printBytes(text),
  writeErr: (text) => stderr.write(text),
};

if (import.meta.main) {
  if (process.argv[2] === "gateway") useLargerHeap();
  process.exitCode = await main(process.argv.slice(2));
  // Else what waits for somebody who does not read would keep us.
  if (!(await settleOutput())) process.exit();
} else if ((import.meta.main as boolean | undefined) === undefined) {
  // Node before 24.2: the command would do nothing, and call that a success.
  console.error(`error: handclasp needs Node 24.2 or newer; this is ${process.version}`);
  process.exitCode = 1;
}
