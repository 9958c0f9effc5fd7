import { join } from "node:path";
import { versionOf } from "../run-program.ts";
import { CLIENTS, type Stack } from "../stack.ts";

const VERSION = `
ok = application:load(ssl),
{ok, Version} = application:get_key(ssl, vsn),
io:format("ssl ~s in OTP ~s~n", [Version, erlang:system_info(otp_release)]),
halt().
`;

/** Erlang's `ssl`. */
export const ERLANG: Stack = {
  name: "Erlang ssl",
  library: "Erlang/OTP ssl",
  debian: ["erlang-base", "erlang-ssl"],
  says: {
    certificate_revoked: "{tls_alert,{certificate_revoked,",
    certificate_unknown: "{tls_alert,{certificate_unknown,",
    certificate_expired: "{tls_alert,{certificate_expired,",
    access_denied: "{tls_alert,{access_denied,",
    unknown_ca: "{tls_alert,{unknown_ca,",
  },
  cannot: [
    {
      of: "resumed",
      version: "TLSv1.2",
      why: "in TLS 1.2 it resumes by session id only, and Node's servers give tickets",
    },
  ],
  async find() {
    const version = await versionOf(["erl", "-noshell", "-eval", VERSION], /^ssl (.*)$/m);
    if (version === undefined) return undefined;
    return { version, command: ["escript", join(CLIENTS, "client.escript")] };
  },
};
