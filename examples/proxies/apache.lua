-- Asks Handclasp about the client of each request. 200 lets it in, and tells the application who it is; 401 and 403 refuse;
-- whatever else comes, or nothing, is 503.
local socket = require "socket"
local unix = require "socket.unix"

local AUTHORIZER = "/run/handclasp/authz.sock"
local SECONDS = 2
local MOST_LINES = 50

-- What the application is told, and by nobody else.
local TOLD = { "Handclasp-Peer", "Handclasp-Key", "Handclasp-Groups" }
-- Fields that say who a client is, here or elsewhere, as far as the beginnings of their names.
local IDENTITY = {
  "handclasp-", "client-cert", "ssl-client-", "tls-client-", "x-client-cert", "x-ssl", "x-tls-client-", "x-mtls-",
  "x-arr-", "x-amzn-mtls-", "remote-", "x-remote-", "x-authenticated-", "x-webauth-", "x-envoy-", "wl-proxy-",
  "forwarded", "x-forwarded", "x-real-ip", "x-client-ip", "true-client-ip",
}

-- What the client is told: no more than TLS has words for.
local SAID = {
  ["no-certificate"] = "a client certificate is needed",
  ["malformed-certificate"] = "this certificate cannot be used",
  ["unsupported-key"] = "this certificate cannot be used",
  ["revoked"] = "this key was revoked",
  ["expired"] = "this certificate is not valid at this time",
}
local OTHERWISE = "access denied: an operator has to let this key in"
local AWAY = "nobody can be let in at the moment"

-- This thread's connection to Handclasp, while nothing is asked on it.
local kept = nil

local function connect(deadline)
  local connection = unix()
  connection:settimeout(math.max(0, deadline - socket.gettime()))
  if connection:connect(AUTHORIZER) then return connection end
  connection:close()
end

-- Whether it is open, and nothing came that nobody asked for.
local function is_idle(connection)
  connection:settimeout(0)
  local _, problem = connection:receive(1)
  return problem == "timeout"
end

local function receive_line(connection, deadline)
  connection:settimeout(math.max(0, deadline - socket.gettime()))
  return (connection:receive("*l"))
end

-- The status, the fields by their names in lower case, and whether the connection can be asked again.
local function exchange(connection, question, deadline)
  connection:settimeout(math.max(0, deadline - socket.gettime()))
  if not connection:send(question) then return end
  local status = (receive_line(connection, deadline) or ""):match("^HTTP/1%.1 (%d%d%d) ")
  if not status then return end
  local fields = {}
  for _ = 1, MOST_LINES do
    local line = receive_line(connection, deadline)
    if not line then return end
    if line == "" then
      return status, fields, fields["content-length"] == "0" and fields["connection"] ~= "close"
    end
    local name, value = line:match("^([^:]+):[ \t]*(.-)[ \t]*$")
    if name then fields[name:lower()] = value end
  end
end

local function ask(question)
  local deadline = socket.gettime() + SECONDS
  local connection = kept
  kept = nil
  if connection and not is_idle(connection) then
    connection:close()
    connection = nil
  end
  connection = connection or connect(deadline)
  if not connection then return end
  local status, fields, is_good = exchange(connection, question, deadline)
  if is_good then kept = connection else connection:close() end
  return status, fields
end

-- In any spelling: to CGI and its heirs, Handclasp_Peer and Handclasp.Peer are Handclasp-Peer.
local function begins_like_identity(name)
  local plain = name:lower():gsub("[^a-z0-9]", "-")
  if plain == "proxy" then return true end
  for _, beginning in ipairs(IDENTITY) do
    if plain:find(beginning, 1, true) == 1 then return true end
  end
  return false
end

-- Most names come again and again, and strangers make up others without end.
local known, room = {}, 200
local function says_who(name)
  local verdict = known[name]
  if verdict ~= nil then return verdict end
  verdict = begins_like_identity(name)
  if room > 0 and #name <= 64 then
    known[name], room = verdict, room - 1
  end
  return verdict
end

-- What the client says of itself goes, and what would have mod_proxy drop our own fields: Connection: Handclasp-Peer.
local function forget_claims(r)
  for name in pairs(r:headers_in_table()) do
    if says_who(name) then r.headers_in[name] = nil end
  end
  local options = {}
  for option in (r.headers_in["Connection"] or ""):gmatch("[^,%s]+") do
    if not says_who(option) then options[#options + 1] = option end
  end
  -- mod_proxy takes "websocket, h2c" for a WebSocket, and passes it on.
  local is_web_socket = (r.headers_in["Upgrade"] or ""):lower() == "websocket"
  r.headers_in["Upgrade"] = is_web_socket and "websocket" or nil
  r.headers_in["Connection"] = #options > 0 and table.concat(options, ", ") or nil
end

local function refuse(r, status, text)
  r:custom_response(status, text .. "\n")
  return status
end

function check(r)
  -- What is behind a CONNECT is a body to Apache, and to some applications the next request.
  if r.method == "CONNECT" then return refuse(r, 405, "there is no CONNECT here") end
  local certificate = (r:ssl_var_lookup("SSL_CLIENT_CERT") or ""):gsub("\n", " ")
  forget_claims(r)
  local status, fields = ask(
    "GET /apache HTTP/1.1\r\nHost: handclasp\r\nX-Forwarded-For: " .. r.useragent_ip
      .. "\r\nSsl-Client-Cert: " .. certificate .. "\r\n\r\n"
  )
  if status == "401" or status == "403" then
    return refuse(r, 403, SAID[fields["handclasp-reason"]] or OTHERWISE)
  end
  if status ~= "200" or (fields["handclasp-peer"] or "") == "" or (fields["handclasp-key"] or "") == "" then
    r:err("Handclasp gave no verdict: " .. (status or "no answer"))
    return refuse(r, 503, AWAY)
  end
  for _, name in ipairs(TOLD) do
    r.headers_in[name] = fields[name:lower()] or ""
  end
  r.headers_in["X-Forwarded-Proto"] = "https"
  return apache2.DECLINED
end
