"""Commands of fire2 in forks of this process, which has loaded torch once, and what came of them"""
import ctypes, importlib, os, pkgutil, re, resource, signal, sys, tempfile, time, traceback
from collections import namedtuple
from pathlib import Path
import torch
from writes import watch

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = dict(re.findall(r'(fire2_\w+)=([\w.]+):', (ROOT/'settings.ini').read_text()))
BAD = 'traceback', 'hang', 'silent', 'lost'
Ended = namedtuple('Ended', 'status out err seconds')

def load():
    "Import once what the forks need"
    import fire2, matplotlib.pyplot, scipy.sparse, sklearn.cluster
    from PIL import Image
    for m in pkgutil.walk_packages(fire2.__path__, 'fire2.'): importlib.import_module(m.name)
    torch.set_num_threads(1); Image.init()

# ---- a child process
def _child(f, cwd, out, err):
    status = 1
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)                              # it does not outlive the campaign
        torch.set_num_threads(1)                                       # torch makes its threads anew after a fork
        os.setsid()
        for n, h in enumerate((open(os.devnull), out, err)): os.dup2(h.fileno(), n)
        if cwd: os.chdir(cwd)
        resource.setrlimit(resource.RLIMIT_AS, (12 << 30,)*2)
        f(); status = 0
    except SystemExit as e: status = e.code if isinstance(e.code, int) else int(e.code is not None)
    except BaseException: traceback.print_exc()
    finally:
        try: sys.stdout.flush(); sys.stderr.flush()
        finally: os._exit(status)

class Patience:
    "Tells a process that hangs from one on a busy machine: what counts is the processor's time"
    def __init__(self, pid, limit):
        self.stat, self.limit, self.start, self.looked, self.used = Path(f'/proc/{pid}/stat'), limit, time.time(), 0, 0
    def at_end(self):
        now = time.time()
        if now - self.start < self.limit or now - self.looked < 10: return False
        ticks = self.stat.read_text().rsplit(')', 1)[1].split()[11:13]
        used, before, self.looked = sum(map(int, ticks))/os.sysconf('SC_CLK_TCK'), self.used, now
        self.used = used
        return used > self.limit or used == before or now - self.start > 10*self.limit

def _wait(pid, limit, meanwhile):
    "Exit status of the process `pid`, or 'hang'"
    patience = Patience(pid, limit)
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done: return os.waitstatus_to_exitcode(status)
        if patience.at_end():
            os.killpg(pid, signal.SIGKILL); os.waitpid(pid, 0)
            return 'hang'
        if meanwhile: meanwhile(pid)
        time.sleep(.01)

def fork(f, cwd=None, limit=20, meanwhile=None):
    "`f()` in a child process, which has `limit` seconds; `meanwhile(pid)` is called again and again"
    start, files = time.time(), [tempfile.TemporaryFile('w+b') for _ in range(2)]
    sys.stdout.flush(); sys.stderr.flush()
    pid = os.fork()
    if not pid: _child(f, cwd, *files)
    status, texts = _wait(pid, limit, meanwhile), []
    for h in files:
        h.seek(0); texts.append(h.read().decode(errors='replace')); h.close()
    return Ended(status, *texts, time.time() - start)

# ---- a command
def command(argv, cwd, limit=20, hook=None, meanwhile=None):
    "A command of fire2, as its script calls it; `hook` is told of all that it writes"
    def run():
        sys.argv = [str(a) for a in argv]
        if hook: watch(hook)
        sys.exit(getattr(importlib.import_module(COMMANDS[argv[0]]), argv[0])())
    return fork(run, cwd, limit, meanwhile)

def verdict(ended, name):
    "What came of a command: (ok, refused, traceback or hang; why)"
    status, lines = ended.status, [x for x in ended.err.splitlines() if x.strip()]
    errors = [x for x in lines if x.startswith(f'{name}:') and not x.startswith(f'{name}: warning:')]
    last = lines[-1] if lines else ''
    if status == 'hang': return 'hang', 'hang'
    if 'Traceback (most recent' in ended.err or status not in (0, 2): return 'traceback', f'status {status}: {last}'
    if status == 0: return 'ok', ''
    if errors != [last]: return 'traceback', f'status 2 with {len(errors)} lines: {last}'
    return 'refused', last

def must(ended):
    if ended.status: raise SystemExit(f'the campaign cannot begin: {ended.status} {ended.err[-2000:]}')
    return ended
