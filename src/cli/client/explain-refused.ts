import { X509Certificate } from "node:crypto";
import { HandclaspError, isHandclaspError } from "../../errors.ts";
import { judgeHandshake } from "../../explain/judge-handshake.ts";
import { ALERTS, CERTIFICATE_ALERTS } from "../../tls/code-points/alert.ts";
import { certificatesFromPem } from "../../x509/certificate-description.ts";
import { explanationsText } from "../terminal/explanations-text.ts";
import { flat } from "../terminal/prose.ts";
import { StoryTeller } from "../trace/story/story.ts";

export interface RefusedConnection {
  /** PEM: what we had to show. */
  readonly certificate: string;
  /** Whether that came from a file: what handclasp has for identities does not help with it. */
  readonly isFromFile: boolean;
  /** Whether the server is known to be one of handclasp. */
  readonly isHandclasp: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The error of a server that refuses us, explained by what we showed it; any other error as it is. */
export function explainRefused(
  error: unknown,
  { certificate, isFromFile, isHandclasp, now }: RefusedConnection,
): unknown {
  if (!isHandclaspError(error, "ERR_HANDCLASP_REFUSED")) return error;
  const { alertCode } = error.details;
  if (typeof alertCode !== "number" || !CERTIFICATE_ALERTS.includes(alertCode)) return error;
  const story = new StoryTeller("client");
  const chain = chainOf(certificate);
  story.isLive = true;
  story.time = now;
  if (!isFromFile) story.isHandclasp("client");
  if (isHandclasp) story.isHandclasp("server");
  story.alert = { by: "server", code: alertCode };
  story.ownCertificate = chain[0];
  if (alertCode !== ALERTS.certificate_required) story.chains.client = chain;
  const explanation = judgeHandshake(story);
  return new HandclaspError("ERR_HANDCLASP_REFUSED", error.message, {
    hint: flat(explanationsText(explanation)),
    cause: error.cause,
    details: { ...error.details, explanation },
  });
}

/** The first one as Node reads it, which takes blocks of other names, too. */
function chainOf(pem: string): readonly Uint8Array[] {
  const { raw } = new X509Certificate(pem);
  return [raw, ...pemCertificates(pem).filter((each) => !raw.equals(each))];
}

function pemCertificates(pem: string): readonly Uint8Array[] {
  try {
    return certificatesFromPem(pem);
  } catch {
    return [];
  }
}
