/** What can come before TLS on a connection. */
export type PrefaceName =
  | "PROXY v1"
  | "PROXY v2"
  | "SMTP STARTTLS"
  | "IMAP STARTTLS"
  | "POP3 STLS"
  | "LDAP StartTLS"
  | "FTP AUTH TLS"
  | "XMPP STARTTLS"
  | "PostgreSQL SSLRequest"
  | "MySQL SSLRequest"
  | "HTTP CONNECT"
  | "SOCKS4"
  | "SOCKS5"
  | "unknown protocol";

/** What a piece of a preface means: it needs no answer (`is`), asks for one, or is one; `probe` is of no interest. */
export type Said =
  | { readonly does: "is" | "ask" | "accept"; readonly name: PrefaceName; readonly tag?: string }
  | { readonly does: "probe" | "probed"; readonly name: PrefaceName }
  | { readonly does: "refuse"; readonly name: PrefaceName; readonly answer: string };
