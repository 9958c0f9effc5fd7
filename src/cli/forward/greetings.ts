import type { StartTlsServerProtocol } from "../../gateway/starttls/starttls-servers.ts";

/**
 * What a program hears first that speaks no TLS, where servers greet. The server's own greeting came in the clear: what it
 * says there is anybody's.
 */
export const GREETINGS: Readonly<Record<StartTlsServerProtocol, string>> = {
  postgres: "",
  smtp: "220 handclasp ESMTP\r\n",
  imap: "* OK Ready.\r\n",
  pop3: "+OK Ready.\r\n",
  ldap: "",
};
