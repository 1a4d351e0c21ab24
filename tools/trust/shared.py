"""What the kinds share: commands in forks, what came of them, cases that hypothesis draws, people and runs"""
import ctypes, importlib, json, os, pkgutil, re, resource, shutil, signal, sys, tempfile, time, traceback
from collections import namedtuple
from functools import cached_property
from pathlib import Path
import torch
from hypothesis import HealthCheck, Phase, given, seed as seeded, settings, strategies as st

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = dict(re.findall(r'(fire2_\w+)=([\w.]+):', (ROOT/'settings.ini').read_text()))
PROGRAMS = 'subprocess.Popen', 'os.system', 'os.exec', 'os.posix_spawn'
BAD = 'traceback', 'hang', 'silent', 'lost'
Ended = namedtuple('Ended', 'status out err seconds')

def load():
    "Import once what the forks need"
    import fire2, matplotlib.pyplot, scipy.sparse, sklearn.cluster
    from PIL import Image
    for m in pkgutil.walk_packages(fire2.__path__, 'fire2.'): importlib.import_module(m.name)
    torch.set_num_threads(1); Image.init()

# ---- a child process
def _child(f, cwd, limit, files):
    status = 1
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)                          # it does not outlive the campaign
        torch.set_num_threads(1)                                   # torch makes its threads anew after a fork
        os.setsid(); os.chdir(cwd)
        for n, h in enumerate(files): os.dup2(h.fileno(), n)
        resource.setrlimit(resource.RLIMIT_AS, (12 << 30,)*2)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))    # a busy machine is no hang
        signal.alarm(10*limit)
        f(); status = 0
    except SystemExit as e: status = e.code if isinstance(e.code, int) else int(e.code is not None)
    except BaseException: traceback.print_exc()
    finally:
        try: sys.stdout.flush(); sys.stderr.flush()
        finally: os._exit(status)

def fork(f, cwd, limit=20, meanwhile=None):
    "`f()` in a child, which has `limit` seconds of the processor; `meanwhile(pid)` is called again and again"
    start, files, done = time.time(), [tempfile.TemporaryFile('w+b') for _ in range(3)], 0
    sys.stdout.flush(); sys.stderr.flush()
    pid = os.fork()
    if not pid: _child(f, cwd, limit, files)
    while not done:
        done, status = os.waitpid(pid, os.WNOHANG if meanwhile else 0)
        if meanwhile and not done: meanwhile(pid); time.sleep(.01)
    status, texts = os.waitstatus_to_exitcode(status), []
    for h in files: h.seek(0); texts.append(h.read().decode(errors='replace')); h.close()
    if status in (-signal.SIGXCPU, -signal.SIGALRM): status = 'hang'
    return Ended(status, *texts[1:], time.time() - start)

def command(argv, cwd, limit=20, before=None, meanwhile=None):
    "A command of fire2, as its script calls it, after `before()`"
    def run():
        sys.argv = [str(a) for a in argv]
        if before: before()
        sys.exit(getattr(importlib.import_module(COMMANDS[argv[0]]), argv[0])())
    return fork(run, cwd, limit, meanwhile)

# ---- what came of it
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

# ---- cases
class Pick:
    "What a case draws"
    def __init__(self, draw): self.draw = draw
    def number(self, a, b): return self.draw(st.integers(a, b - 1))
    def one(self, xs): return self.draw(st.sampled_from([*xs]))
    def order(self, xs): return self.draw(st.permutations([*xs]))
    def bytes(self, n): return self.draw(st.binary(min_size=n, max_size=n))
    def chance(self, percent): return self.number(0, 100) >= 100 - percent

class Failed(Exception): pass

def draw_cases(case, n, seed, folder, quick, tell):
    "(verdict, what) of `n` cases, up to the first that fails; `folder` has its files, or its smallest form's"
    seen = []
    @seeded(seed)
    @settings(max_examples=n, database=None, deadline=None, report_multiple_bugs=False,
              phases=[Phase.generate, *[Phase.shrink]*quick], suppress_health_check=[*HealthCheck])
    @given(st.data())
    def cases(data):
        shutil.rmtree(folder, ignore_errors=True); folder.mkdir(parents=True)
        if quick: signal.alarm(20)                                                # ends the fork
        try: seen.append(case(Pick(data.draw), folder))
        except Exception: seen.append(('traceback', traceback.format_exc(limit=-3)))
        tell(seen)
        if seen[-1][0] in BAD: raise Failed
    try: cases()
    except Exception: pass                                                        # it is in `seen`
    return _to_first(seen)

def _to_first(seen):
    first = next((i for i, x in enumerate(seen) if x[0] in BAD), len(seen))
    return seen[:first] + [x for x in seen[first:] if x[0] in BAD][-1:]

def draw_quick(case, n, seed, folder):
    "As `draw_cases`, all in one fork, which must not start a program"
    def run():
        sys.addaudithook(lambda event, args: os._exit(99) if event in PROGRAMS else None)
        draw_cases(case, n, seed, folder, True, lambda seen: print('case', json.dumps(seen[-1]), flush=True))
    ended = fork(run, folder.parent, 20*n)
    seen = [json.loads(x[5:]) for x in ended.out.splitlines() if x.startswith('case ')]
    ends = {0: [], 'hang': [('hang', 'over 20 s')], 99: [('silent', 'a program was started')]}
    died = 'traceback', f'it died: {ended.status} {ended.err[-200:]}'
    return _to_first(seen + ends.get(ended.status, [died]))

# ---- people and runs
PEOPLE = 'tiny n_ids=5 n_test_ids=3 n_outfits=2 n_cams=2'
TINY = 'epochs=4 e0=2 eval_every=2 size=32,16 bs=16 warmup=1 k1=8'
SHORT = 'epochs=1 e0=1 size=32,16 bs=16 k1=8'
CPU = '--num_workers', 0, '--device', 'cpu'
SYNTH = ['fire2_train', 'synth', '--people', PEOPLE, '--set', TINY, '--out', 'run', *CPU]
RESUME = ['fire2_train', 'synth', '--out', 'run', '--resume', *CPU]

class Campaign:
    "A folder, and what its cases share, made when it is first needed"
    def __init__(self, work): self.work = Path(work).absolute()
    def folder(self, *names):
        d = self.work.joinpath(*map(str, names))
        shutil.rmtree(d, ignore_errors=True); d.mkdir(parents=True)
        return d
    def must(self, argv, folder, **kwargs):
        "A command that must end well, in a new folder"
        ended = command(argv, self.folder(folder), 300, **kwargs)
        if ended.status: raise SystemExit(f'the campaign cannot begin: {ended.status} {ended.err[-2000:]}')
        return ended
    def train(self, values):
        "A training on `people`"
        return ['fire2_train', 'folder', '--path', self.people, '--preset', 'demo', '--weights', 'none',
                '--set', values, '--out', 'run', *CPU]
    @cached_property
    def people(self):
        "Folder of rendered people, in the layout `folder`"
        small = '--people', PEOPLE, '--height', 32, '--width', 16
        self.must(['fire2_synth', '--layout', 'folder', '--out', 'people', *small], 'base')
        return self.work/'base/people'
    @cached_property
    def run(self):
        "A finished run on `people`"
        self.must(self.train(TINY), 'done')
        return self.work/'done/run'
    @cached_property
    def stopped(self):
        "The same run, killed in its last epoch"
        run, argv = self.folder('stopped')/'run', self.train(TINY)
        def kill(pid):
            h = run/'history.csv'
            if h.exists() and h.read_text().count('\n') > 3: time.sleep(.15); os.kill(pid, signal.SIGKILL)
        command(argv, run.parent, 300, meanwhile=kill)
        return run
    @cached_property
    def vectors(self):
        "Embeddings of all of `people`"
        self.must(['fire2_embed', self.run, self.people, '--out', 'e.npz', '--device', 'cpu'], 'vectors')
        return self.work/'vectors/e.npz'
