import { isInNetwork, parseIpNetwork } from "../network/ip-network.ts";
import type { ShownJoinProof } from "../records/showing.ts";
import { type TokenProblem, type TokenRecord, tokenState } from "../records/token-record.ts";

/**
 * What is wrong with a join token that a client came with; undefined when nothing is. Pure. The proof is looked at first:
 * what is said about a token's use or age is then about somebody who had it, not about whoever heard of its id.
 */
export function judgeJoinProof(
  proof: ShownJoinProof,
  token: TokenRecord | undefined,
  remoteAddress: string | undefined,
  now: number,
): TokenProblem | undefined {
  if (token === undefined) return "unknown-token";
  if (!proof.isSignedBy(token.publicKey)) {
    return proof.isSignedFor(token.publicKey, token.serverPin) ? "wrong-server" : "bad-proof";
  }
  const state = tokenState(token, now);
  if (state !== "open") return `token-${state}`;
  return isFrom(token, remoteAddress) ? undefined : "wrong-address";
}

function isFrom({ from }: TokenRecord, remoteAddress: string | undefined): boolean {
  if (from === null) return true;
  const network = parseIpNetwork(from);
  return network !== undefined && isInNetwork(network, remoteAddress);
}
