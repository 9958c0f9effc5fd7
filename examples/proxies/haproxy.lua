-- Asks Handclasp whether a client may come in: /etc/haproxy/handclasp.lua, for haproxy.cfg and haproxy-tcp.cfg.

local AUTHORIZER = "unix@/run/handclasp/authz.sock"

-- What a client is told: no more than TLS has words for.
local SAID = {
  ["no-certificate"] = "a client certificate is needed",
  ["malformed-certificate"] = "this certificate cannot be used",
  ["unsupported-key"] = "this certificate cannot be used",
  ["revoked"] = "this key was revoked",
  ["expired"] = "this certificate is not valid at this time",
}
local DENIED = "access denied: an operator has to let this key in"

-- RFC 9440. One that HAProxy has no room for is not there, and still is no lack of one.
local function certificate_of(txn)
  local der = txn.f:ssl_c_der() or ""
  local base64 = der ~= "" and txn.c:base64(der) or ""
  if base64 == "" and txn.f:ssl_c_used() == 1 then return "larger than tune.bufsize" end
  return ":" .. base64 .. ":"
end

-- KEY,PEER,GROUPS of whoever is let in; nil and why not, in words for the client; nil alone when nobody can say.
local function ask(txn)
  local answer = core.httpclient():get({
    url = "http://handclasp/haproxy",
    dst = AUTHORIZER,
    timeout = 500,
    headers = { ["client-cert"] = { certificate_of(txn) }, ["x-forwarded-for"] = { txn.f:src() } },
  })
  if answer == nil then return nil end
  local function field(name)
    local values = answer.headers and answer.headers[name]
    return values and values[0] or ""
  end
  if answer.status == 200 and field("handclasp-key") ~= "" then
    return field("handclasp-key") .. "," .. field("handclasp-peer") .. "," .. field("handclasp-groups")
  end
  if answer.status == 401 or answer.status == 403 then return nil, SAID[field("handclasp-reason")] or DENIED end
  return nil
end

core.register_action("handclasp", { "http-req" }, function(txn)
  local who, said = ask(txn)
  if who then return txn:set_var("txn.handclasp", who) end
  if not said then return end
  local reply = txn:reply({ status = 403, reason = "Forbidden", body = said .. "\n" })
  reply:add_header("content-type", "text/plain")
  txn:done(reply)
end, 0)

core.register_action("handclasp", { "tcp-req" }, function(txn)
  local who = ask(txn)
  if who then txn:set_var("txn.handclasp", who) end
end, 0)
