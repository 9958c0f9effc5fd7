import { Server } from "node:tls";
import { check, has, type OptionRule } from "../check-options.ts";
import type { GuardSettings } from "./options.ts";

const TLS_SERVER: OptionRule = {
  mustBe: "a server of node:tls, node:https or createSecureServer() of node:http2",
  allows: (value) => value instanceof Server,
};
const TRUST: OptionRule = has("what new Trust(store, …) makes", "judge", "settle", "standing", "onChange");

/** Throws ERR_HANDCLASP_OPTION for a server without TLS: it would serve everybody. */
export function checkServer(of: string, server: unknown): void {
  check(`the server of ${of}`, server, TLS_SERVER, "a server without TLS serves everybody, unguarded");
}

export function checkTrust(trust: unknown): void {
  check("the trust of guard()", trust, TRUST);
}

/** Warns of what is allowed, and is not what its user will think. */
export function warnOfServer(server: Server, { trustCa }: Pick<GuardSettings, "trustCa">): void {
  if (server.listening) {
    warn(
      "HANDCLASP_LATE_GUARD",
      "guard() came after the server listened: who is connected already is not guarded",
    );
  }
  if (hasCa(server)) warnOfCa(trustCa);
}

function warnOfCa(trustCa: GuardSettings["trustCa"]): void {
  const names =
    "a guarded server with `ca` tells its clients the names in it, and some then show no certificate";
  const instead = "set CAs with tls.setDefaultCACertificates()";
  const nobody = "and lets nobody in: trust is not drawn from CAs";
  warn("HANDCLASP_CA", trustCa === "none" ? `${names}; ${nobody}` : `${names}; ${instead}`);
}

/** Node keeps it there; its types do not have it. */
export function hasCa(options: object): boolean {
  const ca: unknown = Reflect.get(options, "ca");
  return ca !== undefined && ca !== null && !(Array.isArray(ca) && ca.length === 0);
}

function warn(code: string, message: string): void {
  process.emitWarning(message, { type: "HandclaspWarning", code });
}
