import { isInNetwork, parseIpNetwork } from "./ip-network.ts";
import type { ShownJoinProof } from "./sighting.ts";
import { type TokenProblem, type TokenRecord, tokenState } from "./token-record.ts";

/** What is wrong with a join token that a client came with; undefined when nothing is. Pure. */
export function judgeJoinProof(
  proof: ShownJoinProof,
  token: TokenRecord | undefined,
  remoteAddress: string | undefined,
  now: number,
): TokenProblem | undefined {
  if (token === undefined) return "unknown-token";
  const state = tokenState(token, now);
  if (state !== "open") return `token-${state}`;
  if (token.from !== null) {
    const network = parseIpNetwork(token.from);
    if (network === undefined || !isInNetwork(network, remoteAddress)) return "wrong-address";
  }
  if (proof.isSignedBy(token.publicKey)) return undefined;
  return proof.isSignedFor(token.publicKey, token.serverPin) ? "wrong-server" : "bad-proof";
}
