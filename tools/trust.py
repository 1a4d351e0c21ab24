"""Does bad things to fire2, and counts what comes of them: kills, bad inputs, damaged files, full disks, long runs.

    python tools/trust.py                                   # all of it: at most an hour on two cores
    python tools/trust.py --share .02 --minutes 2 --out ''  # a small part, as the tests run it; nothing is written to the table
    python tools/trust.py --only kills,full --seed 7
    python tools/trust.py --only trees --seed 1 --case 417  # one case again, with all it prints

Every kind adds a line to `--out` (nbs/results/trust.csv). What may come of a case: ok; refused (`InputError`, or exit status 2 with one line);
traceback (any other exception or status, or more than one line); hang; silent (accepted or answered wrongly, without a word); lost (images, epochs
or files missing, weights that differ). Each failing case leaves a folder in `--work`/failed with its inputs, its command and what it printed.
The exit status is 1 if there are any. A case depends on `--seed` and its number alone. Commands run in forks of this process, as torch is loaded once."""
import argparse, csv, ctypes, datetime, errno, functools, importlib, io, itertools, json, math, os, pkgutil, random, re, resource, runpy, shutil, signal, subprocess, sys
import tempfile, time, traceback, warnings
from configparser import ConfigParser
from pathlib import Path
for k in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS'): os.environ.setdefault(k, '1')
os.environ |= dict(MPLBACKEND='agg', FIRE2_QUIET='1', HF_HUB_OFFLINE='1')
import numpy as np, pandas as pd, torch
sys.path.insert(0, str(Path(__file__).parent))
import mutate

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = dict(re.findall(r'(fire2_\w+)=([\w.]+):', (ROOT/'settings.ini').read_text()))
LINE = 'kind tried ok refused traceback hang silent lost seconds seed commit date note'.split()
BAD = ('traceback', 'hang', 'silent', 'lost')
TINY = 'epochs=4 e0=2 eval_every=2 size=32,16 bs=16 warmup=1 k1=8'
PEOPLE = 'tiny n_ids=5 n_test_ids=3 n_outfits=2 n_cams=2'

# ---- forks
def warm():
    "Load what the commands need, but not the commands: they look at their name when they are imported"
    import fire2.all, fire2, sklearn.cluster, scipy.sparse, matplotlib.pyplot
    for m in pkgutil.walk_packages(fire2.__path__, 'fire2.'):
        if m.name not in COMMANDS.values(): importlib.import_module(m.name)
    torch.set_num_threads(1); mutate.Image.init()

def stuck(pid, start, limit, spent):
    "Whether a process has used `limit` seconds of the processor, none within four seconds, or ten times `limit` by the clock: a busy machine is no hang"
    now, cpu = time.time(), sum(map(int, Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[11:13]))/os.sysconf('SC_CLK_TCK')
    if now - spent[-1][0] > 4: spent.append((now, cpu)); idle = cpu == spent[-2][1] and len(spent) > 2
    else: idle = False
    return cpu > limit or idle or now - start > 10*limit

def fork(f, limit, cwd=None, after=None):
    "(exit status or 'hang', stdout, stderr, seconds) of `f()` in a child, which is killed after `limit` seconds; `after(pid)` may kill it before"
    start, (out, err) = time.time(), (tempfile.TemporaryFile('w+b') for _ in range(2))
    sys.stdout.flush(); sys.stderr.flush()
    if not (pid := os.fork()):
        status = 1
        try:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)                                        # not to outlive the campaign
            torch.set_num_threads(torch.get_num_threads())                                     # torch makes its pool anew after a fork: now, as two threads at once abort
            os.setsid(); os.dup2(os.open(os.devnull, os.O_RDONLY), 0); os.dup2(out.fileno(), 1); os.dup2(err.fileno(), 2)
            if cwd: os.chdir(cwd)
            resource.setrlimit(resource.RLIMIT_AS, (12 << 30,)*2)
            f(); status = 0
        except SystemExit as e:
            status = e.code if isinstance(e.code, int) else int(e.code is not None)
            if not isinstance(e.code, (int, type(None))): print(e.code, file=sys.stderr)
        except BaseException: traceback.print_exc()
        finally:
            try: sys.stdout.flush(); sys.stderr.flush()
            finally: os._exit(status)
    status, spent = None, [(start, 0)]
    while status is None:
        done, s = os.waitpid(pid, os.WNOHANG)
        if done: status = os.waitstatus_to_exitcode(s)
        elif time.time() - start > limit and stuck(pid, start, limit, spent): os.killpg(pid, signal.SIGKILL); os.waitpid(pid, 0); status = 'hang'
        else:
            if after: after(pid)
            time.sleep(.005)
    texts = []
    for h in (out, err): h.seek(0); texts.append(h.read().decode(errors='replace')); h.close()
    return status, *texts, time.time() - start

def command(argv, cwd, limit=20, hook=None, after=None):
    "As `fork`, of a command of fire2"
    name = argv[0]; script = Path(tempfile.gettempdir())/f'fire2-trust-{os.getpid()}'/name          # as pip writes it
    script.parent.mkdir(exist_ok=True); script.write_text(f'import sys\nfrom {COMMANDS[name]} import {name}\nsys.exit({name}())\n')
    def run():
        sys.argv = [str(script), *map(str, argv[1:])]
        for m in COMMANDS.values(): sys.modules.pop(m, None)
        if hook: watch(hook)
        runpy.run_path(str(script), run_name='__main__')
    return fork(run, limit, cwd, after)

def verdict(r, name):
    "What came of a command: ('ok' | 'refused' | 'traceback' | 'hang', why)"
    status, out, err, _ = r
    lines = [l for l in err.splitlines() if l.strip()]
    said = [l for l in lines if l.startswith(f'{name}:') and not l.startswith(f'{name}: warning:')]
    if status == 'hang': return 'hang', 'hang'
    if 'Traceback (most recent' in err or status not in (0, 2): return 'traceback', f'status {status}: {lines[-1] if lines else ""}'
    if status == 2 and not (len(said) == 1 and lines[-1] == said[0]): return 'traceback', f'status 2 with {len(said)} lines: {lines[-1] if lines else ""}'
    return ('refused', said[0]) if status else ('ok', '')

# ---- what a process writes
def watch(hook):
    "Call `hook(event, path)` before this process opens a file to write it, renames, links, removes, makes a folder or syncs"
    def audit(event, args):
        if event == 'open' and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and isinstance(args[0], (str, bytes, os.PathLike)): hook('write', os.fsdecode(args[0]))
        elif event in ('os.rename', 'os.link', 'os.remove', 'os.mkdir'): hook(event[3:], os.fsdecode(args[0]))
    sys.addaudithook(audit)
    sync = os.fsync
    def fsync(fd): hook('fsync', os.readlink(f'/proc/self/fd/{fd if isinstance(fd, int) else fd.fileno()}')); sync(fd); SYNCED.add(os.fstat(fd).st_ino)
    os.fsync = fsync

def nth(n, act, below):
    "A hook that calls `act(event, path)` at the `n`-th event below the folder `below`; without `act`, writes down all events"
    count, log = itertools.count(), None if act else open(n, 'w')
    def hook(event, path):
        path = os.path.abspath(path)
        if not path.startswith(f'{below}/'): return
        i = next(count)
        if log: log.write(f'{event} {os.path.relpath(path, below)}\n'); log.flush()
        elif i == n or act is no_space and i > n: act(event, path)
    return hook

SYNCED = set()                                                                           # inodes of files that are on the disk
def die(event, path): os.kill(os.getpid(), signal.SIGKILL)
def half(event, path):
    "Killed in the middle of writing: what was synced is there, of the rest a half or nothing"
    if event in ('rename', 'fsync') and os.path.isfile(path) and os.stat(path).st_ino not in SYNCED: os.truncate(path, os.path.getsize(path)//2)
    elif event == 'write': os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC))
    os.kill(os.getpid(), signal.SIGKILL)
def no_space(event, path):
    if event in ('write', 'fsync', 'mkdir', 'rename'): raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

# ---- two runs that should be one
def leaves(x, at=''):
    "(name, value) of everything in nested dicts and lists"
    if isinstance(x, dict): return [o for k, v in x.items() for o in leaves(v, f'{at}/{k}')]
    if isinstance(x, (list, tuple)): return [o for i, v in enumerate(x) for o in leaves(v, f'{at}/{i}')]
    return [(at, x)]
UNLIKE = re.compile('seconds|cluster_s|date|time|versions|checksum|/sum$|path$|/rng/python')  # a checksum covers the seconds; making a loader draws from Python's generator, training does not

def content(file):
    "Name → value of what a run's file says, times apart"
    file = Path(file)
    if file.suffix == '.safetensors':
        from safetensors import safe_open
        with safe_open(file, 'pt') as f: x = dict(meta=f.metadata(), **{k: f.get_tensor(k) for k in f.keys()})
    elif file.suffix == '.pt': x = torch.load(file, map_location='cpu', weights_only=True)
    elif file.suffix == '.json': x = json.loads(file.read_text())
    elif file.suffix == '.csv': x = pd.read_csv(file).astype(str).to_dict('list')
    else: return {'there': file.stat().st_size > 0}
    return {k: v for k, v in leaves(x) if not UNLIKE.search(k)}

def equal(a, b): return torch.equal(a, b) if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) else a == b or a != a and b != b
def differs(a, b):
    "In what the run folder `b` differs from `a`, '' if in nothing"
    names = [{str(p.relative_to(d)) for p in Path(d).rglob('*') if p.is_file() and 'lock' not in p.name and not re.search(r'previous|prev|\.old|\.bak', p.name)} for d in (a, b)]
    if names[0] - names[1]: return f'missing: {", ".join(sorted(names[0] - names[1])[:4])}'
    if names[1] - names[0]: return f'left over: {", ".join(sorted(names[1] - names[0])[:4])}'
    found = []
    for n in sorted(n for n in names[0] if not n.startswith('data/')):
        try: x, y = content(Path(a)/n), content(Path(b)/n)
        except Exception as e: found.append(f'{n}: {type(e).__name__}'); continue
        if bad := [k for k in {**x, **y} if k not in x or k not in y or not equal(x[k], y[k])]: found.append(f'{n}: {len(bad)} of {len(x)} differ, {bad[0]}')
    return '; '.join(found)

# ---- the campaign
class Campaign:
    def __init__(self, args):
        self.a, self.work = args, Path(args.work).absolute()
        self.work.mkdir(parents=True, exist_ok=True)
    def rng(self, kind, i): return np.random.default_rng([self.a.seed, *kind.encode(), i])
    def folder(self, *names):
        d = self.work.joinpath(*map(str, names))
        if d.is_symlink() or d.exists(): shutil.rmtree(d)
        d.mkdir(parents=True); return d
    @functools.cached_property
    def base(self):
        "Rendered people in the layout `folder`"
        if not (d := self.work/'base').exists(): must(command(['fire2_synth', '--layout', 'folder', '--out', 'base', '--people', PEOPLE, '--height', 32, '--width', 16], self.work, 120))
        return d
    def train(self, *more): return ['fire2_train', 'folder', '--path', self.base, '--preset', 'demo', '--weights', 'none', '--num_workers', 0, '--device', 'cpu', *more]
    synth = ['fire2_train', 'synth', '--people', PEOPLE, '--set', TINY, '--num_workers', 0, '--device', 'cpu', '--out', 'run']
    @functools.cached_property
    def ref(self):
        "(run never killed, its events, its seconds)"
        d = self.folder('ref')
        *_, t = must(command(self.synth, d, 300, nth(d/'events', None, d/'run')))
        return d/'run', (d/'events').read_text().splitlines(), t
    @functools.cached_property
    def run(self):
        "A finished run on `base`"
        d = self.folder('done'); must(command(self.train('--set', TINY, '--out', 'run'), d, 300)); return d/'run'
    @functools.cached_property
    def vectors(self):
        "Embeddings of all images of `base`"
        d = self.folder('vectors'); must(command(['fire2_embed', self.run, self.base, '--out', 'e.npz', '--device', 'cpu'], d)); return d/'e.npz'
    @functools.cached_property
    def stopped(self):
        "A run on `base` that was killed in its last epoch"
        d, ref = self.folder('stopped'), self.run
        def after(pid):
            h = d/'run'/'history.csv'
            if h.exists() and h.read_text().count('\n') > 3: time.sleep(.15); os.kill(pid, signal.SIGKILL)
        command(self.train('--set', TINY, '--out', 'run'), d, 300, after=after); return d/'run'

def must(r):
    if r[0] != 0: raise SystemExit(f'the campaign cannot begin: {r[0]} {r[2][-2000:]}')
    return r

# Each kind: (campaign, case number, rng) → (verdict, why). FULL: how many cases are the whole of it
FULL, KINDS = dict(kills=80, full=40, inputs=600, args=1000, trees=2500, tables=2500, images=5000, metrics=3000, memory=1), {}
def kind(f): KINDS[f.__name__] = f; return f

@functools.cache
def moments(events):
    "Kind of write and file → numbers of its events that matter: the first, one between and the last; the rendered people count as one file"
    at = {}
    for i, e in enumerate(events): at.setdefault(re.sub(r'data/.*', 'data/*', e), []).append(i)
    return {k: sorted({v[0], v[len(v)//2], v[-1]}) for k, v in at.items()}

def turns(c):
    "(number of an event, how to die there): first each kind of write of each file once, before or in the middle, then the others"
    rng, left = np.random.default_rng(c.a.seed), []
    for k, v in moments(tuple(c.ref[1])).items():
        pairs = [(m, act) for m in v for act in (die, half)]
        left += [(r, rng.random(), *pairs[j]) for r, j in enumerate(rng.permutation(len(pairs)))]
    return [o[2:] for o in sorted(left, key=lambda o: o[:2])]

def go_on(c, d):
    "As a user would: --resume; where no epoch was done, the command again. (verdict, why)"
    begun = (d/'run'/'state.pt').exists() or (d/'run'/'history.csv').exists()
    r = command(['fire2_train', 'synth', '--out', 'run', '--resume', '--num_workers', 0, '--device', 'cpu'], d, 120)
    v, why = verdict(r, 'fire2_train')
    if v == 'refused' and not begun: v, why = verdict(r := command(c.synth, d, 120), 'fire2_train')
    (d/'resumed.txt').write_text(r[1] + r[2])
    if v != 'ok': return ('lost' if v == 'refused' else v), f'going on: {why}'
    diff = differs(c.ref[0], d/'run')
    return ('lost', diff) if diff else ('ok', '')

@kind
def kills(c, i, rng, d):
    ref, events, t = c.ref
    order = turns(c)
    if i % 5 == 4:                                                                        # any time, by any signal; sometimes twice
        sig, when = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL][i//5 % 5], rng.uniform(.1, 1)*t
        start, sent = time.time(), []
        def after(pid):
            if not sent and time.time() - start > when: sent.append(1); os.kill(pid, sig)
        r = command(c.synth, d, 120, after=after)
        what = f'{sig.name} after {when:.2f} s'
        if sig != signal.SIGKILL and sent and r[0] not in (0, 128+sig): return 'traceback', f'{what}: status {r[0]}, expected {128+sig}: {r[2].splitlines()[-1:]}'
        if sig != signal.SIGKILL and 'Traceback' in r[2]: return 'traceback', what
    else:
        m, act = order[(i - i//5) % len(order)]
        what = f"killed {'before' if act is die else 'in'} {events[m]} ({m})"
        r = command(c.synth, d, 120, nth(m, act, d/'run'))
    if i % 7 == 6 and (d/'run'/'state.pt').exists():                                       # and killed again while it goes on
        command(['fire2_train', 'synth', '--out', 'run', '--resume', '--num_workers', 0, '--device', 'cpu'], d, 120, nth(int(rng.integers(30)), die, d/'run')); what += ', and again'
    v, why = go_on(c, d)
    return v, f'{what}: {why}' if why else what

def mounted(d, size):
    "Whether a small file system could be put at `d`"
    return subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', str(d)], capture_output=True).returncode == 0

@kind
def full(c, i, rng, d):
    ref, events, t = c.ref
    ms = [v[i//3 % len(v)] for k, v in moments(tuple(events)).items() if k.split()[0] in ('write', 'fsync', 'mkdir', 'rename')]
    real, run = i % 3 == 2, d/'run'
    if real:                                                                               # a real one, of a size that is reached somewhere
        size = int(rng.uniform(.02, 1.)*sum(f.stat().st_size for f in ref.rglob('*') if f.is_file()))
        run.mkdir(); real = mounted(run, size)
    try:
        m = ms[np.random.default_rng(c.a.seed).permutation(len(ms))[(i - i//3) % len(ms)]]
        what = f'a disk of {size:,} bytes' if real else f'no space from {events[m]} ({m}) on'
        r = command(c.synth, d, 120, None if real else nth(m, no_space, run))
        (d/'full.txt').write_text(r[1] + r[2])
        v, why = verdict(r, 'fire2_train')
        if v == 'ok' and real: return 'ok', what
        told = v == 'ok' and 'no report.html' in r[2]                                      # the run is whole and says so; resuming writes the page
        if v != 'refused' and not told: return ('silent' if v == 'ok' else v), f'{what}: {why}'
        if real: subprocess.run(['mount', '-o', 'remount,size=200m', str(run)], check=True)
        v, why = go_on(c, d)
        return v, f'{what}: {why}' if why else what
    finally:
        if real: shutil.copytree(run, d/'kept', symlinks=True); subprocess.run(['umount', str(run)], check=True); run.rmdir(); (d/'kept').rename(run)

# ---- bad inputs
NUMBERS = ['-1', '0', 'nan', 'inf', '-inf', '1e999', 'abc', '', '1.5', '-0.5', '1,2', 'True', 'None', '0x10', '1_000', '٣', '1e', '--', '2**3', '[1]', '1;2']
PATHS = ['nowhere', '', '.', '/', '/dev/null', '/dev/zero', '/proc/self/mem', 'a\nb', 'x'*300, 'pipe', 'file.txt', 'loop', 'empty', '~nobody/x', 'ä\udcff', '-', '%s', 'file.txt/below']
VALUES = {'--seed': NUMBERS, '--val': NUMBERS, '--device': ['gpu', 'cuda', 'cuda:99', '', 'meta', 'cpu:1', 'mps', '0', 'xla'], '--amp': ['fp8', '', 'fp16', 'True'], '--num_workers': NUMBERS,
          '--preset': ['none', '', ',', 'demo,', 'fixed,nope', 'DEMO', 'demo;fixed'], '--weights': ['imagenet', *PATHS], '--stage1': PATHS, '--out': PATHS, '--path': PATHS}
ODD = [b'', b'\0'*100, b'null', b'[]', b'{}', b'"x"', b'123', b'{"a": NaN}', b'\xff\xfe\x00', b'a,b\n1\n2,3,4\n', b'{' * 3000, b'[' * 100000]
USES = [['fire2_eval', 'run'], ['fire2_report', 'run'], ['fire2_embed', 'run', 'good'], ['fire2_search', 'run', '--query', 'good/0.jpg', '--gallery', 'good'],
        ['fire2_index', 'run', 'good', '--out', 'i'], ['fire2_export', 'run', '--out', 'm.onnx'], ['fire2_compare', 'run', 'run'], ['fire2_train', 'folder', '--out', 'run', '--resume', '--num_workers', '0', '--device', 'cpu']]

def things(c, d):
    "What the bad values name"
    (d/'file.txt').write_text('text'); (d/'empty').mkdir(); (d/'loop').symlink_to('loop'); os.mkfifo(d/'pipe'); (d/'good').mkdir()
    for j, f in enumerate(sorted(c.base.glob('query/*/*'))[:3]): shutil.copy(f, d/'good'/f'{j}.jpg')

def bad_set(c, i, rng, d):
    "A senseless value of the recipe: refused, or what config.json then says"
    from fire2.all import PAPER
    k = sorted(PAPER)[rng.integers(len(PAPER))]; old = PAPER[k]; v = str(rng.choice(NUMBERS))
    num = lambda x: isinstance(x, (int, float)) and not isinstance(x, bool)
    number = num(old) or isinstance(old, tuple) and old and num(old[0])
    senseless = number and v not in ('0', '1.5', '1,2', '1_000', '٣') or number and v == '1.5' and isinstance(old, int) or num(old) and v == '1,2'
    senseless |= v == '0' and k in ('epochs', 'lr', 'bs', 'n_inst', 'size', 'k', 'k1', 'k2', 'n_parts', 'tau', 'eps') or v == '' and k not in ('terms', 'early')
    senseless |= k in ('arch', 'small', 'clusters', 'denom', 'donors', 'terms', 'early') and v in ('abc', 'nan', '-1', '--', '[1]')
    s = ' '.join(o for o in 'epochs=1 e0=1 size=32,16 bs=16 k1=8'.split() if not o.startswith(f'{k}=')) + f' {k}={v}'
    argv = c.train('--set', s, '--out', 'o'); r = command(argv, d)
    x, why = verdict(r, argv[0])
    if x == 'ok' and senseless: return 'silent', f'--set {k}={v} accepted', argv, r
    return x, f'--set {k}={v}: {why}', argv, r

def bad_value(c, i, rng, d):
    "A bad value of an option"
    o = str(rng.choice(list(VALUES))); v = str(rng.choice(VALUES[o])).replace('\0', '')
    argv = [str(a) for a in c.train('--set', 'epochs=1 e0=1 size=32,16 bs=16 k1=8', '--out', 'o')]
    if o in argv: argv[argv.index(o)+1] = v
    else: argv += [o, v]
    if v.startswith('-'): j = len(argv) - 1 - argv[::-1].index(o); argv[j:j+2] = [f'{o}={v}']
    r = command(argv, d); x, why = verdict(r, argv[0])
    wrong = o in ('--path', '--stage1') or o == '--weights' or o == '--preset' and v not in ('', 'demo,') or o == '--amp' and v not in ('', 'fp16')
    wrong |= o in ('--seed', '--val', '--num_workers') and v not in ('0', '1_000', '٣', '1.5') and v != '-1' or o == '--val' and v == '-1'
    return ('silent', f'{o} {v!r} accepted', argv, r) if x == 'ok' and wrong and v else (x, f'{o} {v!r}: {why}', argv, r)

def bad_run(c, i, rng, d):
    "A damaged run folder, used by each command; resuming either refuses or ends as if nothing had happened"
    use = [str(a) for a in USES[rng.integers(len(USES))]]; going = '--resume' in use
    shutil.copytree(c.stopped if going else c.run, d/'run', symlinks=True)
    files = sorted(f.name for f in (d/'run').iterdir() if f.is_file()); f = d/'run'/str(rng.choice(files)); b = f.read_bytes(); how = str(rng.choice(
        'gone cut flip odd folder loop pipe other key'.split()))
    if how == 'gone': f.unlink()
    if how == 'cut': f.write_bytes(b[:int(rng.integers(len(b) or 1))])
    if how == 'flip' and b: x = bytearray(b); x[rng.integers(len(x)*3//4, len(x))] ^= 1 << rng.integers(8); f.write_bytes(bytes(x))
    if how == 'odd': f.write_bytes(ODD[rng.integers(len(ODD))])
    if how == 'other': f.write_bytes((d/'run'/str(rng.choice(files))).read_bytes())
    if how in ('folder', 'loop', 'pipe'): f.unlink(); f.mkdir() if how == 'folder' else f.symlink_to(f.name) if how == 'loop' else os.mkfifo(f)
    if how == 'key':
        f = d/'run'/('config.json' if rng.random() < .8 else str(rng.choice([n for n in files if n.endswith('.json')]))); x = json.loads(f.read_text())
        at = x['recipe'] if f.name == 'config.json' and rng.random() < .5 else x
        k = str(rng.choice(sorted(at))); v = [None, 'x', -1, [], {}, 1e99, True, float('nan'), 'DEL'][rng.integers(9)]; how = f'{k}={v}'
        if v == 'DEL': del at[k]
        else: at[k] = v
        f.write_text(json.dumps(x))
    r = command(use, d); x, why = verdict(r, use[0]); what = f'{use[0]}{" --resume" if going else ""}, {f.name} {how}'
    if x == 'ok' and going and '=' not in how and (diff := differs(c.run, d/'run')) and f.name not in r[2]: return 'silent', f'{what}: resumed, but {diff}', use, r
    if x == 'ok' and f.name == 'last.safetensors' and how in ('gone', 'cut', 'odd', 'folder', 'loop', 'pipe') and not going and use[0] != 'fire2_report': return 'silent', f'{what}: accepted', use, r
    return x, f'{what}: {why}', use, r

def bad_image(c, i, rng, d):
    "One bad image among good ones: left out and named, or refused by name"
    use = [['fire2_search', c.run, '--query', 'good/0.jpg', '--gallery', 'good', '--k', 9], ['fire2_embed', c.run, 'good'], ['fire2_search', c.run, '--query', 'good/bad.jpg', '--gallery', 'good']][rng.integers(3)]
    f, how = d/'good'/'bad.jpg', str(rng.choice(['empty', 'text', 'cut', 'zeros', 'eps', 'pipe', 'broken', 'loop', 'bomb', 'svg', 'socket']))
    b = (d/'good'/'0.jpg').read_bytes()
    data = dict(empty=b'', text=b'hello', cut=b[:len(b)//2], zeros=bytes(5000), eps=b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n', svg=b'<svg xmlns="http://www.w3.org/2000/svg"/>',
                bomb=b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x4e\x20\0\0\x4e\x20\x08\x02\0\0\0')
    if how in data: f.write_bytes(data[how])
    elif how == 'pipe': os.mkfifo(f)
    elif how == 'socket': import socket; s = socket.socket(socket.AF_UNIX); here = os.getcwd(); os.chdir(d/'good'); s.bind('bad.jpg'); os.chdir(here)
    else: f.symlink_to('bad.jpg' if how == 'loop' else 'gone.jpg')
    r = command(use, d); x, why = verdict(r, use[0]); what = f'{use[0]}, {how} {"as the query" if "good/bad.jpg" in use else "among good ones"}'
    if x == 'ok' and 'good/bad.jpg' in use: return 'silent', f'{what}: accepted', use, r
    if x == 'ok' and how in data and 'bad.jpg' not in r[2]: return 'silent', f'{what}: not named', use, r
    if x == 'ok' and use[0] == 'fire2_search' and 'bad.jpg' in r[1]: return 'silent', f'{what}: found', use, r
    if x == 'refused' and 'good/bad.jpg' not in use: return 'lost', f'{what}: the good ones are not searched: {why}', use, r
    return x, f'{what}: {why}', use, r

def bad_vectors(c, i, rng, d):
    "A damaged file of embeddings: refused"
    f, how = d/'e.npz', str(rng.choice('gone cut odd folder pipe nan inf fewer swapped twice words flat zero'.split()))
    z = dict(np.load(c.vectors)); x, n = z['feats'].copy(), z['paths'].copy()
    used = rng.choice([j for j, p in enumerate(n) if '/train/' not in p])
    if how in ('nan', 'inf'): x[used, 0] = float(how)
    if how == 'zero': x[used] = 0
    if how == 'fewer': x = x[:-1]
    if how == 'swapped': n[used] = 'elsewhere.jpg'
    if how == 'twice': n[0] = n[1]
    if how == 'words': x = x.astype(str); x[0, 0] = 'x'
    if how == 'flat': x = x[0]
    np.savez(f, **z | dict(feats=x, paths=n)); b = f.read_bytes()
    if how in ('gone', 'folder', 'pipe'): f.unlink(); how == 'folder' and f.mkdir(); how == 'pipe' and os.mkfifo(f)
    if how == 'cut': f.write_bytes(b[:int(rng.integers(len(b)))])
    if how == 'odd': f.write_bytes(ODD[rng.integers(len(ODD))])
    use = ['fire2_score', 'folder', '--path', str(c.base), '--feats', 'e.npz']
    r = command(use, d); x, why = verdict(r, use[0])
    told = how == 'zero' and 'zero' in r[2]
    return ('silent', f'embeddings, {how}: accepted', use, r) if x == 'ok' and not told else (x, f'embeddings, {how}: {why}', use, r)

@kind
def inputs(c, i, rng, d):
    things(c, d)
    x, why, argv, r = [bad_set, bad_value, bad_run, bad_run, bad_image, bad_run, bad_vectors][i % 7](c, i, rng, d)
    (d/'command.txt').write_text(' '.join(map(repr, map(str, argv)))); (d/'said.txt').write_text(r[1] + r[2], errors='replace')
    return x, why

# ---- argument lists
def lists(c):
    "A short right list of each command, as far as this version has it"
    run, q, g = c.run, sorted(c.base.glob('query/*/*'))[0], c.base/'gallery'
    some = dict(fire2_train=c.train('--set', 'epochs=1 e0=1 size=32,16 bs=16 k1=8', '--out', 'o')[1:], fire2_eval=[run, '--which', 'best'], fire2_embed=[run, q, '--out', 'e.npz'],
                fire2_search=[run, '--query', q, '--gallery', g, '--k', 3, '--out', 's.png'], fire2_check=['folder', '--path', c.base, '--images'], fire2_report=[run, '--which', 'best'],
                fire2_synth=['--layout', 'folder', '--out', 'o', '--people', 'tiny n_ids=2 n_test_ids=2', '--height', 16, '--width', 8, '--seed', 3], fire2_index=[run, g, '--out', 'i'],
                fire2_score=['folder', '--path', c.base, '--feats', c.vectors], fire2_compare=[run, run], fire2_export=[run, '--out', 'm.onnx'], fire2_bench=['--suites', 'none'])
    return {k: [str(a) for a in v] for k, v in some.items() if k in COMMANDS}

WORDS = ['', ' ', '--', '-', '-1', '0', 'nan', 'x', '--help', '--nope', '-x', '--out', '--which', 'last', 'None', '1e5', 'ltcc', 'synth', 'folder', '/dev/null', '.', '--k', '--seed', '=', '--out=', '--pa', 'é', '\udcff', '--resume',
         '--rerank', '@file', '*', '--set', 'epochs=0', '--version', '-h', '--k=3', '--which=best', '9'*40]
@kind
def args(c, i, rng, d):
    ls = lists(c); name = str(rng.choice(sorted(ls))); argv = ls[name]
    for _ in range(rng.choice([1, 1, 2, 3])):
        k, j = rng.integers(7), int(rng.integers(len(argv)+1))
        w = str(rng.choice(WORDS))
        if k == 0 and argv: del argv[min(j, len(argv)-1)]
        elif k == 1: argv.insert(j, w)
        elif k == 2 and argv: argv[min(j, len(argv)-1)] = w
        elif k == 3 and argv: argv.append(argv[min(j, len(argv)-1)])
        elif k == 4 and argv: x = argv[min(j, len(argv)-1)]; argv[min(j, len(argv)-1)] = x[:-1] + x[-1:]*2
        elif k == 5: argv = [argv[o] for o in rng.permutation(len(argv))]
        else: argv += [w, str(rng.choice(WORDS))]
    if name == 'fire2_train' and not any('epochs=' in a for a in argv): argv.insert(1, '--set=epochs=1 e0=1 size=32,16 bs=16 k1=8')
    if name == 'fire2_bench' and 'none' not in argv: argv = ['--suites=none', *argv]
    if name == 'fire2_synth' and not any('n_ids' in a for a in argv): argv.append('--people=tiny n_ids=2 n_test_ids=2')
    r = command([name, *argv], d); (d/'command.txt').write_text(repr([name, *argv])); (d/'said.txt').write_text(r[1] + r[2], errors='replace')
    x, why = verdict(r, name)
    return x, f'{name} {argv}: {why}'

# ---- trees, tables, images, metrics: no command, so many cases share a fork
def reading(name, path, t, root, knows):
    from fire2.all import load_benchmark, InputError
    with warnings.catch_warnings(record=True) as ws:
        warnings.simplefilter('always')
        try: bm = load_benchmark(name, path, counts=False)
        except InputError as e:
            return ('silent', f'wrongly refused: {e}') if t.rule == 'read' else ('refused', str(e)) if '\n' not in str(e) else ('traceback', f'several lines: {e}')
    v, why = mutate.judge(bm, root, t, any(issubclass(w.category, UserWarning) for w in ws), knows)
    return v or 'ok', why

@kind
def trees(c, i, rng, d):
    t = mutate.draw_tree(rng); root = d/'tree'; root.mkdir(); t.write(root)
    v, why = reading(str(t.layout), root, t, root, mutate.KNOWS[str(t.layout)])
    return v, f"{t.layout}, {'+'.join(t.did)}: {why}"

@kind
def tables(c, i, rng, d):
    t = mutate.draw_table(rng); t.write(d)
    v, why = reading('csv', d/'t.csv', t, d, ('camid', 'clothid'))
    return v, f"{'+'.join(t.did)}: {why}"

@functools.cache
def pictures(seed): return sorted(mutate.seed_images(np.random.default_rng(seed)).items())
@kind
def images(c, i, rng, d):
    from fire2.all import load_image, InputError
    by = {}
    for (f, m, n), b in pictures(c.a.seed): by.setdefault(f, []).append((f, m, n, b))
    fs = [f for f in sorted(by) if f in mutate.OURS or i % 2]                              # every other one of a format that is read
    f, m, n, b = (o := by[fs[i//2 % len(fs)]])[rng.integers(len(o))]
    whole = rng.random() < .1; b = b if whole else mutate.damage(b, rng)
    p = d/f"im.{mutate.FORMATS[f] if rng.random() < .5 else rng.choice(['jpg', 'png', 'bmp'])}"; p.write_bytes(b)
    what, start, size = f"{f} {m} {n}{' whole' if whole else ''}", time.process_time(), None if rng.random() < .5 else (32, 16)
    with warnings.catch_warnings(record=True) as ws:
        warnings.simplefilter('always')
        try: x = load_image(p, size)
        except InputError as e: x = e
    if (s := time.process_time() - start) > 2: return 'hang', f'{what}: {s:.1f} s'
    if STARTED: return 'silent', f'{what}: another program was started: {STARTED.pop()}'
    ws = [w for w in ws if 'grey levels' not in str(w.message)]              # a small range is told, and read
    if ws: return 'traceback', f'{what}: a warning leaks: {ws[0].message}'
    if isinstance(x, Exception):
        if '\n' in str(x) or p.name not in str(x): return 'traceback', f'{what}: not one line with the name: {x}'
        return ('silent', f'{what}: wrongly refused: {x}') if whole and f in mutate.OURS and m in ('RGB', 'L', 'P', 'RGBA', '1') else ('refused', what)
    if x.dtype != torch.uint8 or x.ndim != 3 or len(x) != 3 or size and tuple(x.shape[1:]) != size: return 'silent', f'{what}: {x.dtype} {list(x.shape)}'
    if f not in mutate.OURS: return 'silent', f'{what}: a format that is not in the list was read'
    if whole and f in ('PNG', 'BMP', 'TIFF') and m == 'RGB' and size is None: 
        im = mutate.Image.open(io.BytesIO(b)); im.load(); im = im if (im.getexif().get(0x0112, 1) == 1) else im.transpose(mutate.Image.Transpose.ROTATE_270)
        if n != 2 or f != 'TIFF':
            if not np.array_equal(np.asarray(im), x.permute(1, 2, 0).numpy()): return 'silent', f'{what}: other pixels'
    return 'ok', what
STARTED = []

def plain(qf, gf, q, g, drop):
    "CMC, AP and INP by the definition, one query at a time; average precision by scikit-learn"
    from sklearn.metrics import average_precision_score
    ap, inp, first, idx = [], [], [], []
    for i in range(len(q)):
        same = [g.pid[j] == q.pid[i] for j in range(len(g))]
        out = [same[j] and any(g[f][j] == q[f][i] and g[f][j] != -1 for f in drop) for j in range(len(g))]
        keep = [j for j in range(len(g)) if not out[j]]
        s = [float(qf[i] @ gf[j]/(np.linalg.norm(qf[i])*np.linalg.norm(gf[j]))) for j in keep]
        hits = [same[j] for _, j in sorted(zip([-x for x in s], keep))]
        if not any(hits): continue
        at = [k for k, h in enumerate(hits, 1) if h]
        ap.append(average_precision_score([same[j] for j in keep], s)); inp.append(len(at)/at[-1]); first.append(at[0]); idx.append(i)
    return ap, inp, first, idx

@kind
def metrics(c, i, rng, d):
    from fire2.all import reid_metrics, InputError
    nq, ng, D = int(rng.integers(1, 12)), int(rng.integers(1, 40)), int(rng.integers(2, 9))
    draw = lambda n: pd.DataFrame({f: rng.integers(-1 if f != 'pid' and i % 3 == 0 else 0, k, n) for f, k in (('pid', 4), ('camid', 3), ('clothid', 2))})
    q, g, qf, gf = draw(nq), draw(ng), rng.normal(size=(nq, D)), rng.normal(size=(ng, D))
    drop = [(), ('camid',), ('camid', 'clothid'), ('clothid',)][rng.integers(4)]
    ap, inp, first, idx = plain(qf, gf, q, g, drop)
    try: m = reid_metrics(torch.from_numpy(qf), torch.from_numpy(gf), q, g, drop)
    except InputError as e: return ('silent', f'wrongly refused: {e}') if idx else ('refused', str(e))         # no query that the gallery answers
    if not idx: return 'silent', f'{nq} × {ng}, drop {drop}: figures without an answerable query'
    cmc = [np.mean([f <= k for f in first]) if first else np.nan for k in range(1, len(m.cmc)+1)]
    ok = np.array_equal(m.query_idx, idx) and m.n_skipped == nq - len(idx) and all(np.allclose(a, b, atol=1e-9, equal_nan=True) for a, b in ((m.ap, ap), (m.inp, inp), (m.cmc, cmc)))
    ok = ok and np.allclose([m.mAP, m.mINP], [np.mean(ap) if ap else np.nan, np.mean(inp) if inp else np.nan], equal_nan=True)
    return ('ok', '') if ok else ('silent', f'{nq} × {ng}, drop {drop}{", unknown values" if i % 3 == 0 else ""}: {m.ap} for {np.array(ap)}')

@kind
def memory(c, i, rng, d, mb=24):
    "Resident memory after epoch 20 and at the end of a long run"
    import psutil
    n, seen = max(60, round(300*min(1, c.a.share))), []
    def after(pid):
        if seen and time.time() - seen[-1][2] < .2: return
        h = d/'run'/'history.csv'
        try: seen.append(((h.read_text().count('\n') - 1) if h.exists() else 0, psutil.Process(pid).memory_info().rss/2**20, time.time()))
        except (psutil.Error, OSError): pass
    r = command(c.train('--set', f'epochs={n} e0=2 eval_every=20 size=32,16 bs=16 warmup=1 k1=8', '--out', 'run'), d, 1500, after=after)
    v, why = verdict(r, 'fire2_train')
    early, late = (np.median([m for e, m, _ in seen if a <= e < b]) for a, b in ((20, 30), (n - 10, n)))
    what = f'{n} epochs: {early:.0f} MB in epochs 20 to 30, {late:.0f} MB in the last ten'
    return (v, why) if v != 'ok' else ('ok', what) if late - early < mb else ('silent', f'{what}, more than {mb} MB')

SHARED = ('trees', 'tables', 'images', 'metrics')
def shared(c, k, todo, limit=20):
    "The cases `todo` in one fork; yields (case, verdict, why); a case that kills or stops the fork is found by its number"
    while todo:
        log = c.work/f'{k}.log'; log.write_text('')
        def run():
            sys.addaudithook(lambda e, a: STARTED.append(a[0]) if e in ('subprocess.Popen', 'os.system', 'os.exec', 'os.posix_spawn') else None)
            def late(*_): raise TimeoutError
            signal.signal(signal.SIGALRM, late)
            with open(log, 'a') as h:
                for i in todo:
                    h.write(json.dumps([i]) + '\n'); h.flush(); signal.alarm(limit)
                    try: r = KINDS[k](c, i, c.rng(k, i), c.folder(k, i))
                    except TimeoutError: r = 'hang', f'over {limit} s'
                    except Exception as e: r = 'traceback', ''.join(traceback.format_exception(e, limit=-3)).strip()
                    signal.alarm(0); h.write(json.dumps([i, *r], default=str) + '\n'); h.flush()
                    if r[0] not in BAD: shutil.rmtree(c.work/k/str(i), ignore_errors=True)
        status, *_ = fork(run, limit*3 + len(todo)*limit)
        lines = [json.loads(l) for l in log.read_text().splitlines()]
        yield from (l for l in lines if len(l) == 3)
        done = {l[0] for l in lines}; todo = [i for i in todo if i not in done]
        if len(lines[-1:]) and len(lines[-1]) == 1: yield lines[-1][0], 'traceback', f'the process died: {status}'

def sample(k, n, seed=0):
    "For tests: the kind `k` of SHARED, `n` cases in this process: (Counter of verdicts, [(case, verdict, why)] of the failures)"
    from collections import Counter
    with tempfile.TemporaryDirectory() as w:
        c = Campaign(argparse.Namespace(work=w, seed=seed, share=1))
        rs = [(i, *KINDS[k](c, i, c.rng(k, i), c.folder(k, i))) for i in range(n)]
    return Counter(v for _, v, _ in rs), [r for r in rs if r[1] in BAD]

def small_image(n, seed=0):
    "For tests: `n` cases of the kind `images` drawn by hypothesis; the one that fails is made as small as it can be"
    from hypothesis import given, settings, strategies as st
    with tempfile.TemporaryDirectory() as w:
        c = Campaign(argparse.Namespace(work=w, seed=seed, share=1))
        @settings(max_examples=n, derandomize=True, database=None, deadline=None)
        @given(st.integers(0, FULL['images'] - 1), st.data())
        def sound(i, data):
            v, why = KINDS['images'](c, i, mutate.Drawn(data.draw), c.folder('images', 0))
            assert v not in BAD, why
        sound()

def single(c, k, todo):
    for i in todo:
        try: r = KINDS[k](c, i, c.rng(k, i), c.folder(k, i))
        except Exception as e: r = 'traceback', 'of the tool: ' + ''.join(traceback.format_exception(e, limit=-3)).strip()
        if r[0] not in BAD: shutil.rmtree(c.work/k/str(i), ignore_errors=True)
        yield i, *r

def play(c, k, n, until):
    "Run `n` cases of kind `k`, or as many as fit before `until`; a line for the table"
    start, count, why = time.time(), dict.fromkeys(LINE[1:8], 0), {}
    todo = [c.a.case] if c.a.case is not None else list(range(n))
    step = 100 if k in SHARED else 1
    for s in range(0, len(todo), step):
        if time.time() > until and s: break
        for i, v, text in (shared if k in SHARED else single)(c, k, todo[s:s+step]):
            count['tried'] += 1; count[v] += 1
            if c.a.cases:
                new = not os.path.exists(c.a.cases)
                with open(c.a.cases, 'a', newline='') as h: csv.writer(h).writerows([('kind', 'case', 'verdict', 'what')]*new + [(k, i, v, text.replace(str(c.work), '...'))])
            if v in BAD:
                f = c.work/'failed'/k/str(i); shutil.rmtree(f, ignore_errors=True); f.parent.mkdir(parents=True, exist_ok=True)
                if (c.work/k/str(i)).exists(): (c.work/k/str(i)).rename(f)
                f.mkdir(exist_ok=True); (f/'why.txt').write_text(f'{v}: {text}\n', errors='replace')
                why.setdefault(v, []).append(f'{i}: {text}')
                print(f'  {k} {i} {v}: {" ".join(text.split())[:300]}', flush=True)
            elif c.a.case is not None or c.a.verbose: print(f'  {k} {i} {v}: {text}', flush=True)
    print(f"{k}: {', '.join(f'{v} {m}' for m, v in count.items() if v)}, {time.time()-start:.0f} s", flush=True)
    return dict(kind=k, **count, seconds=round(time.time()-start))

def commit():
    git = lambda *a: subprocess.run(['git', '-C', str(ROOT), *a], capture_output=True, text=True).stdout.strip()
    return git('rev-parse', '--short', 'HEAD') + ('+' if git('status', '--porcelain', '--', 'fire2') else '')

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--only', default=','.join(KINDS), help='kinds, comma-separated (default: %(default)s)')
    p.add_argument('--share', type=float, default=1, help='how much of the whole: .02 is about two minutes')
    p.add_argument('--minutes', type=float, default=60, help='no case is begun later than that; each kind has its part of the time')
    p.add_argument('--seed', type=int, default=1); p.add_argument('--case', type=int, help='this case alone (with one --only)')
    p.add_argument('--work', default=f"{'/dev/shm' if os.access('/dev/shm', os.W_OK) else tempfile.gettempdir()}/fire2-trust", help='folder for cases and for failed/ (default: %(default)s)')
    p.add_argument('--out', default=str(ROOT/'nbs'/'results'/'trust.csv'), help="table to add lines to, '' for none"); p.add_argument('--note', default='')
    p.add_argument('--cases', help='file to add a line to for every case: kind, number, verdict, what it was')
    p.add_argument('--verbose', action='store_true', help='a line for every case')
    a = p.parse_args(); ks = a.only.split(',')
    if set(ks) - set(KINDS): p.error(f'--only {a.only}: kinds are {", ".join(KINDS)}')
    start, c = time.time(), Campaign(a); warm()
    weight = dict(kills=12, full=5, inputs=14, args=8, trees=4, tables=4, images=6, metrics=2, memory=4)
    lines = []
    for j, k in enumerate(ks):
        left = start + 60*a.minutes - time.time()
        lines.append(play(c, k, max(1, math.ceil(FULL[k]*a.share)), time.time() + left*weight[k]/sum(weight[o] for o in ks[j:])))
        lines[-1] |= dict(seed=a.seed, commit=commit(), date=datetime.date.today().isoformat(), note=a.note or (f'share {a.share:g}' if a.share < 1 else ''))
        if a.out and a.case is None:
            new = not os.path.exists(a.out)
            with open(a.out, 'a', newline='') as h:
                w = csv.DictWriter(h, LINE)
                if new: w.writeheader()
                w.writerow(lines[-1])
    bad = sum(l[v] for l in lines for v in BAD)
    print(f"{sum(l['tried'] for l in lines):,} cases, {bad} failed, {time.time()-start:.0f} s" + (f"; look into {c.work/'failed'}" if bad else ''))
    sys.exit(int(bad > 0))

if __name__ == '__main__': main()
