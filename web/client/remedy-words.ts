import type { Remedy } from "./shapes.ts";

/** What can be done, as a clause behind its reason. What handclasp has a command for says it. */
const WORDS: Readonly<Record<string, string>> = {
  "show-certificate": "let the client show a certificate",
  "reissue-certificate": "have another certificate made for it",
  "renew-certificate": "give it a new certificate",
  "compare-clocks": "compare the clocks of both",
  "create-identity": "handclasp identity create NAME",
  "renew-identity": "handclasp identity renew NAME",
  "add-certificate": "get the certificate from its owner: handclasp trust add FILE",
  "import-certificate": "handclasp trust add FILE",
  "serve-without-certificates": "serve with --client-certificate optional",
  "serve-any-dates": "serve with --validity ignore",
  "allow-in-configuration": "add the name to `allow` in the gateway's configuration",
  "come-from-network": "the client has to come from that network",
  "check-store": "handclasp store check",
  "list-nodes": "handclasp store nodes",
  "list-snapshots": "handclasp store snapshots",
  "migrate-store": "handclasp store migrate, as the role that owns the schema",
  "end-session":
    "as an administrator of the database, end that session, and look whose it is: SELECT pg_terminate_backend(PID)",
  update: "bring this machine to the version of the others",
  "reach-database": "see that PostgreSQL runs, and that this machine reaches it",
  "name-machine": "give one of them another name: node=NAME in its URL",
  "share-server-key": "copy the key file of one to the others, and start those again",
  "check-configuration": "handclasp check-config FILE",
  "open-another-store": "open another store: --store URL",
  "try-again-later": "let the client try again later",
};

/** A remedy that the page has no button for, in words. */
export function remedyWords({ act }: Remedy): string {
  return WORDS[act] ?? act.replaceAll("-", " ");
}
