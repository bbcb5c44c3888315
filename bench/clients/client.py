# libvirt-python. The commands are those of protocol.ts.
import os
import sys
from time import perf_counter

before = perf_counter()
import libvirt  # noqa: E402

loaded = (perf_counter() - before) * 1e3
opened = {}


class Open:
    def __init__(self, uri):
        self.conn = libvirt.open(uri)
        self.domains = self.conn.listAllDomains()

    def open(self):
        pass

    def info(self):
        self.domains[0].info()

    def hostname(self):
        self.conn.getHostname()

    def many(self):
        for domain in self.domains:
            domain.info()

    def stats(self):
        self.conn.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE)

    def list(self):
        return [domain.name() for domain in self.conn.listAllDomains()]


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1048576


def answer(command, uri="", times="1"):
    if command == "import":
        return loaded
    if command == "memory":
        return resident()
    if uri not in opened:
        opened[uri] = Open(uri)
    action = getattr(opened[uri], command)
    start = perf_counter()
    for _ in range(int(times)):
        action()
    return (perf_counter() - start) * 1e3 / int(times)


libvirt.registerErrorHandler(lambda *_: None, None)
print("ready", flush=True)
for line in sys.stdin:
    print(answer(*line.split()), flush=True)
