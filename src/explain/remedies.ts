import type { Defect } from "./find-defects.ts";
import type { HandshakeFacts } from "./seen/handshake-facts.ts";
import { otherThan, type Sender } from "../tls/records/sender.ts";
import type { Remedy } from "../remedy.ts";

/** What helps against a defect of what a side showed. */
export function remediesOf(
  defect: Defect,
  by: Sender,
  facts: HandshakeFacts,
  issuer?: string,
): readonly Remedy[] {
  const judge = otherThan(by);
  const issued = issuer === undefined ? {} : { options: { issuer } };
  const ours = ownRemedies(defect, by, facts);
  switch (defect) {
    case "expired":
      return [{ act: "renew-certificate", at: by }, { act: "compare-clocks", at: "both" }, ...ours];
    case "not-yet-valid":
      return [{ act: "compare-clocks", at: "both" }, { act: "renew-certificate", at: by }, ...ours];
    case "wrong-key-usage":
      return [{ act: "reissue-certificate", at: by, options: { purpose: `${by}s` } }, ...ours];
    case "weak-signature":
      return [{ act: "reissue-certificate", at: by, options: { signature: "SHA-256" } }, ...ours];
    case "weak-key":
      return [
        { act: "reissue-certificate", at: by, options: { key: "P-256, or RSA of 2048 bits" } },
        ...ours,
      ];
    case "self-signed":
      return [{ act: "trust-certificate", at: judge }, ...ours];
    case "issuer-not-acceptable":
      return [
        { act: "show-fitting-certificate", at: by },
        { act: "trust-issuer", at: judge, ...issued },
        ...ours,
      ];
    case "missing-intermediate":
      return [{ act: "send-intermediate", at: by, ...issued }, ...ours];
    case "unknown-ca":
      return [{ act: "trust-issuer", at: judge, ...issued }, ...ours];
    case "name-mismatch":
      return [{ act: "ask-for-another-name", at: "client" }, { act: "certify-name", at: "server" }, ...ours];
  }
}

/** What handclasp has for it, on the sides that are handclasp. */
function ownRemedies(defect: Defect, by: Sender, { handclasp }: HandshakeFacts): readonly Remedy[] {
  const own: Remedy[] = [];
  if (by === "server") {
    if (handclasp.has("server")) own.push({ act: "serve-another-certificate", at: "server" });
    if (defect === "name-mismatch" && handclasp.has("client"))
      own.push({ act: "connect-by-another-name", at: "client" });
    return own;
  }
  if (handclasp.has("client")) own.push(CLIENT_ACTS[defect] ?? { act: "create-identity", at: "client" });
  if (handclasp.has("server")) own.push({ act: "explain-refusal", at: "server" });
  return own;
}

const SHOW: Remedy = { act: "show-identity", at: "client" };

/** Certificates of ours are made anew, or given to the operator. */
const CLIENT_ACTS: Readonly<Partial<Record<Defect, Remedy>>> = {
  expired: { act: "renew-identity", at: "client" },
  "self-signed": SHOW,
  "unknown-ca": SHOW,
  "issuer-not-acceptable": SHOW,
  "missing-intermediate": SHOW,
};
