/** The protocols in which a client asks for TLS in the clear, as addresses and options name them. */
export const STARTTLS_PROTOCOLS = [
  "smtp",
  "imap",
  "pop3",
  "ldap",
  "ftp",
  "xmpp",
  "postgres",
  "mysql",
] as const;

export type StartTlsProtocol = (typeof STARTTLS_PROTOCOLS)[number];

export function isStartTlsProtocol(name: string): name is StartTlsProtocol {
  return (STARTTLS_PROTOCOLS as readonly string[]).includes(name);
}
