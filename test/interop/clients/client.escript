#!/usr/bin/env escript
%% escript client.escript URL…: the second connection resumes the session of the first.
-mode(compile).

main(Urls) ->
    {ok, _} = application:ensure_all_started(ssl),
    lists:foreach(fun ask/1, Urls).

ask(Url) ->
    #{host := Host, port := Port} = uri_string:parse(Url),
    {ok, Pem} = file:read_file("server.pem"),
    [{'Certificate', Server, not_encrypted}] = public_key:pem_decode(Pem),
    Options = [
        {certfile, "anna.pem"}, {keyfile, "anna.key"},
        {verify, verify_peer}, {cacertfile, "server.pem"}, {verify_fun, {fun verify/3, Server}},
        {session_tickets, auto}, {reuse_sessions, save},
        {active, true}, binary
    ],
    case ssl:connect(Host, Port, Options) of
        {ok, Socket} ->
            _ = ssl:send(Socket, "GET / HTTP/1.0\r\n\r\n"),
            read(Socket);
        {error, Reason} ->
            failed(Reason)
    end.

%% The server's certificate is no CA, so Erlang wants to be told that it will do.
verify(Certificate, Event, Server) ->
    case Event of
        {bad_cert, selfsigned_peer} ->
            case public_key:pkix_encode('OTPCertificate', Certificate, otp) of
                Server -> {valid, Server};
                _ -> {fail, Event}
            end;
        {bad_cert, _} -> {fail, Event};
        {extension, _} -> {unknown, Server};
        _ -> {valid, Server}
    end.

%% Active, because ssl:recv/3 says only "closed" when the alert was there before it.
read(Socket) ->
    receive
        {ssl, Socket, Part} -> io:put_chars(Part), read(Socket);
        {ssl_closed, Socket} -> ok;
        {ssl_error, Socket, Reason} -> failed(Reason)
    after 10000 -> failed(timeout)
    end.

%% halt/1 at once may end before what was printed has gone out; init:stop/1 closes its port before.
failed(Reason) ->
    io:format(standard_error, "~p~n", [Reason]),
    init:stop(1),
    receive after infinity -> ok end.
