"""Holds GPIO lines for the daemon, by libgpiod 2 (Debian: python3-libgpiod).

Requests come as lines of JSON on stdin and are answered in order on stdout:

  {"id": 1, "take": "output" | "input" | "counter", "key": "k", "consumer": "c",
   "name": "GPIO17" | "chip": "pinctrl-rp1", "offset": 17,
   "activeLow": false, "bias": "as-is", "debounceMs": 0, "edge": "rising"}
      -> {"id": 1, "ok": {"chip": "pinctrl-rp1", "offset": 17, "active": false}}
  {"id": 2, "set": "k", "active": true}
      -> {"id": 2, "ok": {}}
  any request that fails
      -> {"id": 2, "error": "EBUSY", "detail": "..."}

An input that changes tells {"changed": "k", "active": true}. At the end of stdin all outputs are driven inactive and
the lines given back. SIGTERM drives them inactive at once and for good, but keeps counters counting until the end of
stdin: systemd sends it to the daemon too, which has meters to read yet.
"""

import errno
import glob
import json
import os
import select
import signal
import sys
from datetime import timedelta

LONGEST_LINE = 4096

try:
    import gpiod
    from gpiod.line import Bias, Direction, Edge, Value
except ImportError as missing:
    sys.exit(f"python3-libgpiod is not installed: {missing}")
if not hasattr(gpiod, "request_lines"):
    sys.exit("python3-libgpiod is of version 1, and version 2 is needed")


def chips():
    for path in sorted(glob.glob("/dev/gpiochip*")):
        if gpiod.is_gpiochip_device(path) and not os.path.islink(path):
            yield path


def find(request):
    """The path, label and offset of the only line that is meant."""
    found = []
    refused = None
    for path in chips():
        try:
            with gpiod.Chip(path) as chip:
                info = chip.get_info()
                if "name" in request:
                    try:
                        found.append((path, info.label, chip.line_offset_from_id(request["name"])))
                    except OSError as error:
                        if error.errno != errno.ENOENT:
                            raise
                elif info.label == request["chip"]:
                    if request["offset"] >= info.num_lines:
                        raise OSError(errno.ENOENT, f"{info.label} has lines 0 to {info.num_lines - 1}")
                    found.append((path, info.label, request["offset"]))
        except PermissionError as error:
            refused = error
    if len(found) == 1:
        return found[0]
    if found:
        raise OSError(errno.EEXIST, "it is on " + ", ".join(path for path, _, _ in found))
    if refused is not None:
        raise refused
    raise OSError(errno.ENOENT, "no chip in /dev has it")


def settings(request):
    bias = {"as-is": Bias.AS_IS, "pull-up": Bias.PULL_UP, "pull-down": Bias.PULL_DOWN, "disabled": Bias.DISABLED}
    common = {"active_low": request.get("activeLow", False), "bias": bias[request.get("bias", "as-is")]}
    if request["take"] == "output":
        return gpiod.LineSettings(direction=Direction.OUTPUT, output_value=Value.INACTIVE, **common)
    if request["take"] == "counter":
        edge = Edge.FALLING if request["edge"] == "falling" else Edge.RISING
        return gpiod.LineSettings(direction=Direction.INPUT, edge_detection=edge, **common)
    debounce = timedelta(milliseconds=request.get("debounceMs", 0))
    return gpiod.LineSettings(direction=Direction.INPUT, edge_detection=Edge.BOTH, debounce_period=debounce, **common)


class Holder:
    def __init__(self):
        self.lines = {}
        self.outputs = set()
        self.watched = {}
        self.stopping = False

    def take(self, request):
        path, label, offset = find(request)
        key = request["key"]
        line = gpiod.request_lines(path, consumer=request["consumer"], config={offset: settings(request)})
        self.lines[key] = (line, offset)
        active = line.get_value(offset) == Value.ACTIVE
        if request["take"] == "output":
            self.outputs.add(key)
        if request["take"] == "input":
            self.watched[line.fd] = (key, line, offset)
        return {"chip": label, "offset": offset, "active": active}

    def set(self, request):
        line, offset = self.lines[request["set"]]
        if request["active"] and self.stopping:
            raise OSError(errno.EPERM, "SIGTERM came")
        line.set_value(offset, Value.ACTIVE if request["active"] else Value.INACTIVE)
        if self.stopping:
            self.outputs_off()
        return {}

    def outputs_off(self):
        for key in self.outputs:
            line, offset = self.lines[key]
            try:
                line.set_value(offset, Value.INACTIVE)
            except OSError as error:
                print(f"{key} could not be driven inactive: {error}", file=sys.stderr)

    def stop(self, *_):
        self.stopping = True
        self.outputs_off()

    def answer(self, text):
        request = json.loads(text)
        try:
            ok = self.take(request) if "take" in request else self.set(request)
            return {"id": request["id"], "ok": ok}
        except OSError as error:
            code = errno.errorcode.get(error.errno or 0, "EIO")
            return {"id": request["id"], "error": code, "detail": str(error)}
        except Exception as error:
            return {"id": request["id"], "error": "EINVAL", "detail": repr(error)}

    def tell_changes(self, fd):
        key, line, offset = self.watched[fd]
        line.read_edge_events()
        say({"changed": key, "active": line.get_value(offset) == Value.ACTIVE})


def say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def serve(holder):
    say({"ready": gpiod.__version__})
    waiting = b""
    while True:
        poll = select.poll()
        for fd in (0, *holder.watched):
            poll.register(fd, select.POLLIN)
        for fd, _ in poll.poll():
            if fd != 0:
                holder.tell_changes(fd)
                continue
            read = os.read(0, LONGEST_LINE)
            if read == b"":
                return
            *lines, waiting = (waiting + read).split(b"\n")
            if len(waiting) > LONGEST_LINE:
                sys.exit("a request is too long")
            for text in lines:
                say(holder.answer(text))


def main():
    holder = Holder()
    signal.signal(signal.SIGTERM, holder.stop)
    # A terminal sends these to the daemon's children too, and what they hold is the daemon's to let go of.
    for name in ("SIGINT", "SIGHUP", "SIGQUIT", "SIGTSTP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGPWR"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    try:
        serve(holder)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    finally:
        holder.outputs_off()


main()
