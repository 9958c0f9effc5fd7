// For njs, in nginx-stream.conf: what becomes of a connection is what Handclasp says of its client.
const AUTHORIZER = "http://unix:/run/handclasp/authz.sock:/nginx";

async function judge(session) {
  try {
    const certificate = session.variables.ssl_client_raw_cert;
    const headers = { "X-Forwarded-For": session.variables.remote_addr };
    if (certificate) headers["Ssl-Client-Cert"] = encodeURIComponent(certificate);
    const answer = await ngx.fetch(AUTHORIZER, { headers });
    if (answer.status === 200) {
      session.done();
      return;
    }
    session.warn(`refused: ${answer.headers.get("Handclasp-Reason")}`);
  } catch (error) {
    session.error(`nobody can be let in at the moment: ${error.message}`);
  }
  session.deny();
}

export default { judge };
