import { generateKeyPairSync } from "node:crypto";
import { DEFAULT_MAX_VERSION } from "node:tls";
import { type Finding, toFinding } from "./finding.ts";

const OLDEST_NODE = 24;
/** Nothing of ours was made before: a clock that says otherwise is wrong. */
const FIRST_RELEASE = Date.UTC(2026, 0, 1);
const CLOCK_SLACK_MS = 5 * 60 * 1000;

/** What Node and OpenSSL can do. */
export function examineRuntime(): readonly Finding[] {
  const { node, openssl } = process.versions;
  const old = Number.parseInt(node, 10) < OLDEST_NODE;
  const tls13 = DEFAULT_MAX_VERSION === "TLSv1.3";
  return [
    old
      ? toFinding("broken", "node", node, `install Node ${OLDEST_NODE} or newer`)
      : toFinding("ok", "node", `${node}, OpenSSL ${openssl}`),
    tls13
      ? toFinding("ok", "tls 1.3", "available")
      : toFinding(
          "warn",
          "tls 1.3",
          `off: the newest is ${DEFAULT_MAX_VERSION}`,
          "remove --tls-max-v1.2 from NODE_OPTIONS",
        ),
    knowsMlDsa()
      ? toFinding("ok", "ml-dsa", "available")
      : toFinding("none", "ml-dsa", "not in this OpenSSL: no post-quantum identities"),
  ];
}

function knowsMlDsa(): boolean {
  try {
    generateKeyPairSync("ml-dsa-65");
    return true;
  } catch {
    return false;
  }
}

/** What the environment changes about TLS in every Node process. */
export function examineEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  execArgv: readonly string[],
): readonly Finding[] {
  const findings: Finding[] = [];
  const warn = (name: string, message: string): void => {
    findings.push(toFinding("warn", "environment", `${name} ${message}`, `unset ${name} unless it is meant`));
  };
  const isSet = (name: string): boolean => (environment[name] ?? "") !== "";
  if (isSet("SSLKEYLOGFILE"))
    warn("SSLKEYLOGFILE", "is set: programs that follow it write TLS secrets to a file");
  if (isSet("NODE_EXTRA_CA_CERTS"))
    warn("NODE_EXTRA_CA_CERTS", "is set: Node trusts more CAs than it comes with");
  if (environment["NODE_TLS_REJECT_UNAUTHORIZED"] === "0") {
    warn("NODE_TLS_REJECT_UNAUTHORIZED", "is 0: other Node programs verify no server");
  }
  const flags = `${environment["NODE_OPTIONS"] ?? ""} ${execArgv.join(" ")}`;
  if (flags.includes("--tls-keylog"))
    warn("NODE_OPTIONS", "has --tls-keylog: TLS secrets are written to a file");
  return findings.length > 0 ? findings : [toFinding("ok", "environment", "nothing that weakens TLS")];
}

/** Certificates and approvals end by the clock. `newestEventAt` is when trust last changed here, or null. */
export function examineClock(now: number, newestEventAt: number | null): readonly Finding[] {
  const time = new Date(now).toISOString();
  const least = Math.max(FIRST_RELEASE, (newestEventAt ?? 0) - CLOCK_SLACK_MS);
  if (now >= least) return [toFinding("ok", "clock", time)];
  const why = `${time} is before ${new Date(least).toISOString()}, when trust last changed here`;
  return [toFinding("broken", "clock", why, "set the clock: expiry goes by it")];
}
