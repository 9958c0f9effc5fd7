import type { RefusalDetail } from "../trust/records/verdict.ts";

/** Which rule about join tokens or endorsements it was. */
export const DETAIL_WORDS: Readonly<Record<RefusalDetail, string>> = {
  "unknown-token": "The join token it came with is not known here: it is for another server, or was altered.",
  "token-cancelled": "The join token it came with was cancelled.",
  "token-used":
    "The join token it came with is used up, by another key: it may have been stolen before or now.",
  "token-expired": "The join token it came with has expired.",
  "wrong-address": "The join token it came with is good from another network only.",
  "wrong-server": "The join token it came with is for a server with another key.",
  "bad-proof":
    "The proof it brought for a join token was not made with that token for this key: it was altered or copied.",
  "name-taken": "The name in its join token is bound to another trusted key meanwhile.",
  "not-listed":
    "The join token it came with is good, but leads neither by its name nor by its groups into the list of those who may use this listener. It is still unused.",
  endorsed: "A trusted key endorsed it as its successor, and the server asks before it follows.",
  "endorsed-by-revoked": "A revoked key endorsed it, which counts for nothing.",
  "endorsed-by-retired":
    "A retired key endorsed it, which counts for nothing: that key has another successor.",
  "endorsed-by-ignored": "An ignored key endorsed it, which counts for nothing.",
  "endorsed-by-set-aside": "A key that an operator set aside endorsed it, which counts for nothing.",
  "endorsed-by-forgotten": "A forgotten key endorsed it, which counts for nothing.",
  "endorsed-by-expired": "A key endorsed it whose approval has ended.",
  "endorsed-by-unknown": "A key endorsed it that is not known here.",
  "endorsement-outdated":
    "The endorsement it brought is older than the last approval of the key that signed it.",
  "endorsement-not-yet-valid": "The endorsement it brought is from the future: one of the clocks is wrong.",
  "endorsed-key-forgotten": "A trusted key endorsed it, but it was forgotten here itself.",
  "bad-endorsement": "It names a key that we know as its endorser, which did not sign: it is a forgery.",
};
