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
def _child(f, cwd, limit, out, err):
    status = 1
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)                          # it does not outlive the campaign
        torch.set_num_threads(1)                                   # torch makes its threads anew after a fork
        os.setsid()
        for n, h in enumerate((open(os.devnull), out, err)): os.dup2(h.fileno(), n)
        os.chdir(cwd)
        resource.setrlimit(resource.RLIMIT_AS, (12 << 30,)*2)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))    # a busy machine is no hang
        signal.alarm(10*limit)
        f(); status = 0
    except SystemExit as e: status = e.code if isinstance(e.code, int) else int(e.code is not None)
    except BaseException: traceback.print_exc()
    finally:
        try: sys.stdout.flush(); sys.stderr.flush()
        finally: os._exit(status)

def _wait(pid, meanwhile):
    "Exit status of the process `pid`, or 'hang' where a limit ended it"
    done = 0
    while not done:
        done, status = os.waitpid(pid, os.WNOHANG if meanwhile else 0)
        if meanwhile and not done: meanwhile(pid); time.sleep(.01)
    status = os.waitstatus_to_exitcode(status)
    return 'hang' if status in (-signal.SIGXCPU, -signal.SIGALRM) else status

def fork(f, cwd, limit=20, meanwhile=None):
    "`f()` in a child, which has `limit` seconds of the processor; `meanwhile(pid)` is called again and again"
    start, files = time.time(), [tempfile.TemporaryFile('w+b') for _ in range(2)]
    sys.stdout.flush(); sys.stderr.flush()
    pid = os.fork()
    if not pid: _child(f, cwd, limit, *files)
    status, texts = _wait(pid, meanwhile), []
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
    if 'Traceback (most' in ended.err or status not in (0, 2): return 'traceback', f'status {status}: {last}'
    if status == 0: return 'ok', ''
    if errors != [last]: return 'traceback', f'status 2 with {len(errors)} lines: {last}'
    return 'refused', last

def must(ended):
    if ended.status: raise SystemExit(f'the campaign cannot begin: {ended.status} {ended.err[-2000:]}')
    return ended
