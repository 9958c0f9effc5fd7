/** What can be done with programs of any maker. */
export type GeneralAct =
  | "renew-certificate"
  | "compare-clocks"
  | "send-intermediate"
  | "trust-issuer"
  | "trust-certificate"
  | "show-certificate"
  | "show-fitting-certificate"
  | "reissue-certificate"
  | "widen-request"
  | "widen-versions"
  | "widen-suites"
  | "widen-groups"
  | "widen-signature-algorithms"
  | "widen-alpn"
  | "ask-for-another-name"
  | "certify-name"
  | "send-proxy-header"
  | "send-no-proxy-header"
  | "use-starttls"
  | "use-tls"
  | "use-plain"
  | "look-at-log"
  | "look-at-certificate"
  | "ask-operator"
  | "update"
  | "capture-whole"
  | "capture-both-sides"
  | "give-key-log";

/** What handclasp can do where it is the one that speaks. */
export type HandclaspAct =
  | "create-identity"
  | "show-identity"
  | "renew-identity"
  | "look-at-identity"
  | "list-identities"
  | "import-identity"
  | "give-passphrase"
  | "connect-by-another-name"
  | "connect-with-starttls"
  | "connect-without-starttls"
  | "add-certificate"
  | "import-certificate"
  | "approve-key"
  | "ignore-key"
  | "revoke-key"
  | "forget-key"
  | "show-key"
  | "list-keys"
  | "open-first-use"
  | "create-token"
  | "list-tokens"
  | "list-api-tokens"
  | "list-groups"
  | "list-events"
  | "list-refusals"
  | "explain-refusal"
  | "add-to-group"
  | "check-store"
  | "list-nodes"
  | "list-snapshots"
  | "restore-on-its-word"
  | "reach-database"
  | "end-session"
  | "name-machine"
  | "share-server-key"
  | "open-another-store"
  | "migrate-store"
  | "check-configuration"
  | "allow-in-configuration"
  | "come-from-network"
  | "serve-without-certificates"
  | "serve-any-dates"
  | "serve-another-certificate"
  | "serve-older-tls"
  | "serve-with-one-worker"
  | "listen-elsewhere"
  | "try-again-later";

export type Act = GeneralAct | HandclaspAct;

/** One thing to do, as data: a command line prints a command, a page a button. */
export interface Remedy {
  readonly act: Act;
  /** Who has to do it. */
  readonly at: "client" | "server" | "both" | "observer";
  /** When it is the right thing, where that is not always. */
  readonly when?: string;
  /** The key that it is about, as a key id. */
  readonly key?: string;
  /** What it is done with: `name`, `issuer`, `purpose`, … */
  readonly options?: Readonly<Record<string, string | true>>;
}
