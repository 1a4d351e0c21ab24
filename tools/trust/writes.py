"""What a process writes: a hook before each write, ways to fail there, and two runs that should be one"""
import errno, itertools, json, os, re, signal, sys
from pathlib import Path
import pandas as pd, torch

WRITES, MOVES = os.O_WRONLY | os.O_RDWR | os.O_CREAT, ('os.rename', 'os.link', 'os.remove', 'os.mkdir')
SYNCED = set()                                                         # inodes of files that are on the disk

def watch(hook):
    "Call `hook(event, path)` before this process writes a file, moves, removes, makes a folder or syncs"
    def audit(event, args):
        opens = event == 'open' and isinstance(args[0], (str, bytes, os.PathLike)) and args[2] & WRITES
        if opens or event in MOVES: hook('write' if opens else event[3:], os.fsdecode(args[0]))
    sync = os.fsync
    def fsync(fd):
        n = fd if isinstance(fd, int) else fd.fileno()
        hook('fsync', os.readlink(f'/proc/self/fd/{n}')); sync(fd); SYNCED.add(os.fstat(n).st_ino)
    sys.addaudithook(audit); os.fsync = fsync

def noted(file, folder):
    "A hook that writes the events below `folder` to `file`"
    log = open(file, 'w', buffering=1)
    def hook(event, path):
        path = os.path.abspath(path)
        if path.startswith(f'{folder}/'): log.write(f'{event} {os.path.relpath(path, folder)}\n')
    return hook

def failing(n, fail, folder):
    "A hook that calls `fail(event, path)` at the `n`-th event below `folder`; a full disk stays full"
    count = itertools.count()
    def hook(event, path):
        path = os.path.abspath(path)
        if not path.startswith(f'{folder}/'): return
        i = next(count)
        if i == n or i > n and fail is no_space: fail(event, path)
    return hook

def die(event, path): os.kill(os.getpid(), signal.SIGKILL)
def half(event, path):
    "Killed in the middle: what was synced is there, of the rest a half or nothing"
    if event in ('rename', 'fsync') and os.path.isfile(path) and os.stat(path).st_ino not in SYNCED:
        os.truncate(path, os.path.getsize(path)//2)
    elif event == 'write': os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC))
    die(event, path)
def no_space(event, path):
    if event in ('write', 'fsync', 'mkdir', 'rename'):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

# ---- two runs that should be one
# a checksum covers the seconds; making a loader draws from Python's generator, a training does not
TIMES = re.compile('seconds|cluster_s|date|time|versions|checksum|/sum$|path$|/rng/python')
ASIDE = re.compile(r'lock|previous|prev|\.old|\.bak')

def _leaves(x, at=''):
    "(name, value) of everything in nested dicts and lists"
    if not isinstance(x, (dict, list, tuple)): yield at, x; return
    for k, v in x.items() if isinstance(x, dict) else enumerate(x): yield from _leaves(v, f'{at}/{k}')

def _read(file):
    from safetensors import safe_open
    if file.suffix == '.pt': return torch.load(file, map_location='cpu', weights_only=True)
    if file.suffix == '.json': return json.loads(file.read_text())
    if file.suffix == '.csv': return pd.read_csv(file).astype(str).to_dict('list')
    if file.suffix != '.safetensors': return dict(there=file.stat().st_size > 0)
    with safe_open(file, 'pt') as f: return dict(meta=f.metadata(), **{k: f.get_tensor(k) for k in f.keys()})

def _content(file): return {k: v for k, v in _leaves(_read(file)) if not TIMES.search(k)}
def _equal(a, b):
    if isinstance(a, torch.Tensor): return isinstance(b, torch.Tensor) and torch.equal(a, b)
    return a == b or a != a and b != b

def _file_differs(a, b):
    try: x, y = _content(a), _content(b)
    except Exception as e: return f'{a.name}: {type(e).__name__}'
    bad = [k for k in {**x, **y} if k not in x or k not in y or not _equal(x[k], y[k])]
    return f'{a.name}: {len(bad)} of {len(x)} differ, {bad[0]}' if bad else ''

def _names(run):
    files = [p for p in run.rglob('*') if p.is_file() and not ASIDE.search(p.name)]
    return {str(p.relative_to(run)) for p in files}

def differs(a, b):
    "In what the run folder `b` differs from `a`, times apart; '' where in nothing"
    a, b = Path(a), Path(b)
    for what, names in (('missing', _names(a) - _names(b)), ('left over', _names(b) - _names(a))):
        if names: return f'{what}: {", ".join(sorted(names)[:4])}'
    found = [_file_differs(a/n, b/n) for n in sorted(_names(a)) if not n.startswith('data/')]
    return '; '.join(filter(None, found))
