import { join } from "node:path";
import { mustRun, versionOf } from "../run-program.ts";
import { CLIENTS, type Stack } from "../stack.ts";
import { makePkcs12 } from "./pkcs12.ts";

/** Java's JSSE, under `java.net.http`. */
export const JAVA: Stack = {
  name: "Java HttpClient",
  library: "JSSE",
  debian: ["openjdk-17-jdk-headless"],
  says: {
    certificate_revoked: "Received fatal alert: certificate_revoked",
    certificate_unknown: "Received fatal alert: certificate_unknown",
    certificate_expired: "Received fatal alert: certificate_expired",
    access_denied: "Received fatal alert: access_denied",
    unknown_ca: "Received fatal alert: unknown_ca",
  },
  async find({ build }) {
    const version = await versionOf(["javac", "-version"], /javac (\S+)/);
    if (version === undefined) return undefined;
    await mustRun(["javac", "-encoding", "UTF-8", "-d", build, join(CLIENTS, "Client.java")], {
      timeoutMs: 300_000,
    });
    return { version: `Java ${version}`, command: ["java", "-cp", build, "Client"], prepare: makePkcs12 };
  },
};
