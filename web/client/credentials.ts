const NAME = "handclasp-session";

/**
 * What requests carry. On loopback the secret of the session is kept here, of this tab alone, since a cookie would go to every
 * port of the machine; over TLS the cookie does it, and there is none.
 */
export function headers(): Readonly<Record<string, string>> {
  const secret = sessionStorage.getItem(NAME);
  return secret === null ? {} : { authorization: `Bearer ${secret}` };
}

/** Keeps the secret of a session, or forgets it. */
export function keepSecret(secret: string | null): void {
  if (secret === null) sessionStorage.removeItem(NAME);
  else sessionStorage.setItem(NAME, secret);
}
