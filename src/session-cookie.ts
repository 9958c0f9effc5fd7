/**
 * The cookie of an operator's session: sent by TLS alone, to this host and to no other, by no script, and with nothing that
 * another site has sent. But browsers send it to every port of that host: what a gateway passes on goes without it.
 */
export const SESSION_COOKIE = "__Host-handclasp";
