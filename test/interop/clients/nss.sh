#!/bin/sh
# ./nss.sh URL [URL]: of two, the second connection resumes the session of the first.
# certutil -N -d sql:nss --empty-password; pk12util -i anna.p12 -d sql:nss -W secret
# certutil -A -d sql:nss -n server -t P,, -i server.pem
address=${1#https://}
port=${address#*:}
printf 'GET / HTTP/1.0\r\n\r\n' >request
tstclnt -4 -h "${address%:*}" -p "${port%/}" -d sql:nss -n anna -V tls1.2:tls1.3 -u -A request ${2:+-L 2}
