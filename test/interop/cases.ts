import type { FirstUse } from "../../src/index.ts";
import { runProgram } from "./run-program.ts";
import { type Role, Scene } from "./scene.ts";
import type { Client, Inability, ShownAlert, Stack, TlsVersion } from "./stack.ts";

/** What a cell of the matrix says; `no` is what the stack cannot do, and `wrong` what it should have done. */
export type Mark = "yes" | "named" | "unnamed" | "no" | "wrong";

export interface Cell {
  readonly mark: Mark;
  /** What the program said: the line with the alert, or everything when the cell is wrong. */
  readonly said: string;
  readonly why?: string;
}

interface Admission {
  readonly title: "first contact" | "recognised" | "resumed";
  readonly connections: number;
  /** What the last of them is greeted with. */
  readonly greeting: string;
  readonly finding: string;
}

interface Refusal {
  readonly title: ShownAlert;
  readonly role: Role;
  readonly firstUse: FirstUse;
  readonly reason: string;
}

const ADMISSIONS: readonly Admission[] = [
  { title: "first contact", connections: 1, greeting: "anna: met", finding: "met" },
  { title: "recognised", connections: 1, greeting: "anna: known", finding: "recognised" },
  { title: "resumed", connections: 2, greeting: "anna: known, resumed", finding: "recognised resumed" },
];

/** In this order: the last one revokes anna. */
const REFUSALS: readonly Refusal[] = [
  { title: "certificate_unknown", role: "impostor", firstUse: "accept", reason: "key-changed" },
  { title: "certificate_expired", role: "outdated", firstUse: "accept", reason: "expired" },
  { title: "access_denied", role: "anna", firstUse: "ask", reason: "pending" },
  { title: "unknown_ca", role: "anna", firstUse: "refuse", reason: "unknown" },
  { title: "certificate_revoked", role: "anna", firstUse: "accept", reason: "revoked" },
];

export const ALERT_TITLES: readonly ShownAlert[] = REFUSALS.map(({ title }) => title);
export const TITLES: readonly string[] = [...ADMISSIONS.map(({ title }) => title), ...ALERT_TITLES];

/** Runs all cases of a stack in one version of TLS, one after the other. */
export async function runCases(
  stack: Stack,
  client: Client,
  version: TlsVersion,
): Promise<ReadonlyMap<string, Cell>> {
  await using scene = await Scene.open(version, client.prepare);
  const cells = new Map<string, Cell>();
  for (const admission of ADMISSIONS) {
    const unable = inabilityOf(stack, version, admission.title);
    cells.set(
      admission.title,
      unable === undefined
        ? await admit(scene, client, admission)
        : { mark: "no", said: "", why: unable.why },
    );
  }
  for (const refusal of REFUSALS) {
    cells.set(refusal.title, await refuse(scene, stack, client, version, refusal));
  }
  return cells;
}

async function admit(scene: Scene, client: Client, admission: Admission): Promise<Cell> {
  const { connections, greeting, finding } = admission;
  const server = scene.server("accept");
  server.findings.length = 0;
  const urls = Array.from({ length: connections }, () => server.url);
  const { stdout, said } = await run(client, scene.folder("anna"), urls);
  const heard = Array.from(stdout.matchAll(/Hello, (.*)$/gm), ([, text = ""]) => text.trimEnd());
  const right =
    heard.at(-1) === greeting && server.findings.at(-1) === finding && server.findings.length === connections;
  return { mark: right ? "yes" : "wrong", said: report(server.findings, said) };
}

async function refuse(
  scene: Scene,
  stack: Stack,
  client: Client,
  version: TlsVersion,
  { title, role, firstUse, reason }: Refusal,
): Promise<Cell> {
  const server = scene.server(firstUse);
  if (reason === "revoked" && !(await server.revokeAll())) {
    return { mark: "wrong", said: "nobody was met who could be revoked" };
  }
  server.findings.length = 0;
  const { code, said } = await run(client, scene.folder(role), [server.url]);
  const unable = inabilityOf(stack, version, title);
  const words = unable === undefined ? stack.says[title] : (unable.instead ?? "");
  const line = said.split("\n").find((each) => includes(each, words));
  const greeted = said.includes("Hello") || code === null;
  const finding = `refused ${unable?.reason ?? reason}`;
  const refused = server.findings.length > 0 && server.findings.every((each) => each === finding);
  if (greeted || !refused || line === undefined) {
    return { mark: "wrong", said: report(server.findings, said) };
  }
  return unable === undefined
    ? { mark: "named", said: line.trim() }
    : { mark: "unnamed", said: line.trim(), why: unable.why };
}

async function run(
  client: Client,
  cwd: string,
  urls: readonly string[],
): Promise<{ code: number | null; stdout: string; said: string }> {
  const result = await runProgram([...client.command, ...urls], {
    cwd,
    ...(client.environment && { environment: client.environment }),
  });
  return result ?? { code: null, stdout: "", said: "is gone" };
}

/** What keeps a stack from filling a cell. */
export function inabilityOf(stack: Stack, version: TlsVersion, title: string): Inability | undefined {
  return stack.cannot?.find((inability) => {
    if (inability.version !== undefined && inability.version !== version) return false;
    if (title === "resumed" || inability.of === "resumed") return title === inability.of;
    const alerts: readonly string[] = inability.alerts ?? ALERT_TITLES;
    return alerts.includes(title);
  });
}

function includes(text: string, words: string | RegExp): boolean {
  return typeof words === "string" ? text.includes(words) : words.test(text);
}

function report(findings: readonly string[], said: string): string {
  return `the server: ${findings.join("; ") || "nothing"}\nthe client: ${said}`;
}
