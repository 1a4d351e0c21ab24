"""What the kinds share: commands in children, cases that hypothesis draws, people and a run"""
import ctypes, importlib, itertools, json, multiprocessing, os, re, resource, shutil, signal, sys
import tempfile, traceback
from collections import namedtuple
from pathlib import Path
import torch
from hypothesis import HealthCheck, Phase, given, seed as seeded, settings, strategies as st

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = re.findall(r'(fire2_\w+)=([\w.]+):', (ROOT/'settings.ini').read_text())
COMMANDS = {name: getattr(importlib.import_module(module), name) for name, module in ENTRIES}
BAD = 'traceback', 'hang', 'silent', 'lost'

# ---- a child process
def fork(f, cwd, limit):
    "`f()` in a child, which has `limit` seconds of the processor: its status, output and errors"
    files = [tempfile.TemporaryFile() for _ in range(2)]
    def run():
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)                          # it does not outlive its parent
        torch.set_num_threads(1)                                   # torch makes its threads anew after a fork
        os.chdir(cwd)
        for n, h in enumerate(files, 1): os.dup2(h.fileno(), n)
        resource.setrlimit(resource.RLIMIT_AS, (12 << 30,)*2)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))    # a busy machine is no hang
        signal.alarm(10*limit)
        f()
    child = multiprocessing.get_context('fork').Process(target=run)
    child.start()
    child.join()
    for h in files: h.seek(0)
    out, err = [h.read().decode(errors='replace') for h in files]
    return 'hang' if child.exitcode in (-signal.SIGXCPU, -signal.SIGALRM) else child.exitcode, out, err

# ---- a command
Ended = namedtuple('Ended', 'verdict why status err out')

def command(argv, cwd, limit=20, before=None):
    "What came of a command of fire2, called as its script calls it, after `before()`"
    def run():
        sys.argv = [str(a) for a in argv]
        if before: before()
        sys.exit(COMMANDS[argv[0]]())
    status, out, err = fork(run, cwd, limit)
    lines, v = [x for x in err.splitlines() if x.strip()], 'traceback'
    errors = [x for x in lines if x.startswith(f'{argv[0]}:') and not x.startswith(f'{argv[0]}: warning:')]
    if status == 'hang': v = 'hang'
    elif status == 0 and 'Traceback (most' not in err: v = 'ok'
    elif status == 2 and errors == lines[-1:] and 'Traceback (most' not in err: v = 'refused'
    with open(Path(cwd)/'output.txt', 'a', errors='replace') as h:
        print(argv, status, out, err, sep='\n', file=h)
    return Ended(v, f'status {status} {"".join(lines[-1:])}', status, err, out)

# ---- a hook before each write
WRITES, MOVES = os.O_WRONLY | os.O_RDWR | os.O_CREAT, ('os.rename', 'os.link', 'os.remove', 'os.mkdir')
SYNCED = set()                                                         # inodes of files that are on the disk

def watch(folder, act):
    "Call `act(number, event, path)` before this process writes, moves, removes or syncs below `folder`"
    count, sync = itertools.count(), os.fsync
    def hook(event, path):
        path = os.path.abspath(path)
        if path.startswith(f'{folder}/'): act(next(count), event, path)
    def audit(event, args):
        opens = event == 'open' and isinstance(args[0], (str, bytes, os.PathLike)) and args[2] & WRITES
        if opens or event in MOVES: hook('write' if opens else event[3:], os.fsdecode(args[0]))
    def fsync(fd):
        n = fd if isinstance(fd, int) else fd.fileno()
        hook('fsync', os.readlink(f'/proc/self/fd/{n}'))
        sync(fd)
        SYNCED.add(os.fstat(n).st_ino)
    sys.addaudithook(audit)
    os.fsync = fsync

# ---- cases
class Pick:
    "What a case draws"
    def __init__(self, draw): self.draw = draw
    def number(self, a, b): return self.draw(st.integers(a, b - 1))
    def one(self, xs): return self.draw(st.sampled_from([*xs]))
    def bytes(self, n): return self.draw(st.binary(min_size=n, max_size=n))
    def chance(self, percent): return self.number(0, 100) >= 100 - percent

def draw(case, n, seed, folder, quick):
    "(verdict, what) of `n` cases in a child, up to the first that fails, whose files `folder` has then"
    @seeded(seed)
    @settings(max_examples=n, database=None, deadline=None, report_multiple_bugs=False,
              phases=[Phase.generate, *[Phase.shrink]*quick], suppress_health_check=[*HealthCheck])
    @given(st.data())
    def cases(data):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        signal.alarm(20 if quick else 3000)                                       # ends the child
        try: x = case(Pick(data.draw), folder)
        except Exception: x = 'traceback', traceback.format_exc(limit=-3)
        print('case', json.dumps(x), flush=True)
        assert x[0] not in BAD
    status, out, err = fork(cases, '.', 10**5)
    seen = [json.loads(x[5:]) for x in out.splitlines() if x.startswith('case ')]
    passed = [*itertools.takewhile(lambda x: x[0] not in BAD, seen)]
    v = 'hang' if status == 'hang' else 'traceback'
    if status and passed == seen: seen.append([v, err[-300:]])
    return passed + [x for x in seen if x[0] in BAD][-1:]                         # the last is the smallest

# ---- people and a run, made when they are first needed
PEOPLE = 'tiny n_ids=5 n_test_ids=3 n_outfits=2 n_cams=2'
TINY = 'epochs=4 e0=2 eval_every=2 size=32,16 bs=16 warmup=1 k1=8'
SHORT = 'epochs=1 e0=1 size=32,16 bs=16 k1=8'
CPU = '--num_workers', 0, '--device', 'cpu'
SYNTH = ['fire2_train', 'synth', '--people', PEOPLE, '--set', TINY, '--out', 'run', *CPU]
RESUME = ['fire2_train', 'synth', '--out', 'run', '--resume', *CPU]

def made(name, argv, before=None):
    "The folder `name`, in which a command was run"
    d = Path('shared', name).absolute()
    if not d.exists():
        d.mkdir(parents=True)
        ended = command(argv, d, 300, before)
        assert ended.verdict == 'ok', f'the campaign cannot begin: {ended}'
    return d

def people(layout='folder'):
    "Folder of rendered people"
    argv = ['fire2_synth', '--people', PEOPLE, '--height', 32, '--width', 16, '--out', 'people', '--layout']
    return made(layout, [*argv, layout])/'people'

def train(values):
    "A training on `people`"
    data = 'folder', '--path', people(), '--weights', 'none'
    return ['fire2_train', *data, '--preset', 'demo', '--set', values, '--out', 'run', *CPU]

def reference():
    "A run of `SYNTH` that nothing happened to, and its writes as write → numbers"
    def begin():
        log = open('events', 'w', buffering=1)
        def note(i, event, path): print(event, os.path.relpath(path, 'run'), file=log)
        watch(os.path.abspath('run'), note)
    d, at = made('reference', SYNTH, begin), {}
    for i, e in enumerate((d/'events').read_text().splitlines()):
        at.setdefault(re.sub('data/.*', 'data/*', e), []).append(i)
    return d/'run', at

def vectors():
    "Embeddings of all of `people`"
    argv = ['fire2_embed', reference()[0], people(), '--out', 'e.npz', '--device', 'cpu']
    return made('vectors', argv)/'e.npz'
