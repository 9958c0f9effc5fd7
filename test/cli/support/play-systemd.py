"""Plays systemd: passes listening sockets to a program, and prints what it is told about the program's state.

    play-systemd.py WATCHDOG_USEC SOCKETS PROGRAM ARGUMENT...

SOCKETS is how many of TCP, or the path of one Unix socket.
Prints JSON lines: {"pid": N} and {"port": N} for each of the sockets first, null for that of Unix, then {"notify": "READY=1"} for each assignment, at last {"exit": CODE}.
SIGTERM is passed on.
"""
import array, fcntl, json, os, signal, socket, sys, tempfile, threading

watchdog, wanted, program = sys.argv[1], sys.argv[2], sys.argv[3:]
sockets = int(wanted) if wanted.isdigit() else 1

def say(**what):
    print(json.dumps(what), flush=True)

def listen():
    if not wanted.isdigit():
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(wanted)
        listener.listen(128)
        return listener
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener

listeners = [listen() for _ in range(sockets)]
folder = tempfile.mkdtemp()
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(folder + "/notify")

pid = os.fork()
if pid == 0:
    # Out of the way first: a number that is wanted may be in use by another one.
    for at, copy in enumerate([fcntl.fcntl(listener.fileno(), fcntl.F_DUPFD, 100) for listener in listeners]):
        os.dup2(copy, 3 + at)
        os.set_inheritable(3 + at, True)
    environment = dict(os.environ, LISTEN_FDS=str(sockets), LISTEN_PID=str(os.getpid()), NOTIFY_SOCKET=folder + "/notify")
    if watchdog != "0":
        environment["WATCHDOG_USEC"] = watchdog
    os.execve(program[0], program, environment)

say(pid=pid)
for listener in listeners:
    say(port=listener.getsockname()[1] if wanted.isdigit() else None)
    listener.close()
signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGTERM))

def receive():
    while True:
        data, ancillary, _, _ = notify.recvmsg(4096, socket.CMSG_SPACE(16))
        # A barrier: whoever sent it waits until we close what came with it.
        for level, kind, content in ancillary:
            if kind == socket.SCM_RIGHTS:
                descriptors = array.array("i")
                descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
                for descriptor in descriptors:
                    os.close(descriptor)
        for line in data.decode().splitlines():
            if line != "BARRIER=1":
                say(notify=line)

threading.Thread(target=receive, daemon=True).start()
while True:
    try:
        _, status = os.waitpid(pid, 0)
        break
    except InterruptedError:
        pass
say(exit=os.waitstatus_to_exitcode(status))
os.unlink(folder + "/notify")
os.rmdir(folder)
