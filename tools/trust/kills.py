"""A training is killed at a write, in the middle of one, or by a signal at any time; then it goes on"""
import itertools, json, os, re, signal, sys, time
from functools import cache
import pandas as pd
from safetensors.torch import load_file
from shared import RESUME, SYNTH, command, verdict

WHOLE = 80
SIGNALS = signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP
WRITES, MOVES = os.O_WRONLY | os.O_RDWR | os.O_CREAT, ('os.rename', 'os.link', 'os.remove', 'os.mkdir')
SYNCED = set()                                                         # inodes of files that are on the disk

# ---- a hook before each write
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
        hook('fsync', os.readlink(f'/proc/self/fd/{n}')); sync(fd); SYNCED.add(os.fstat(n).st_ino)
    sys.addaudithook(audit); os.fsync = fsync

def _die(event, path): os.kill(os.getpid(), signal.SIGKILL)
def _half(event, path):
    "Killed in the middle: what was synced is there, of the rest a half or nothing"
    if event in ('rename', 'fsync') and os.path.isfile(path) and os.stat(path).st_ino not in SYNCED:
        os.truncate(path, os.path.getsize(path)//2)
    elif event == 'write': os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC))
    _die(event, path)
WAYS = {'before': _die, 'in': _half}

def _killed(argv, d, n, how):
    "A command that is killed at its `n`-th write"
    return command(argv, d, 120, lambda: watch(d/'run', lambda i, *e: how(*e) if i == n else None))

@cache
def reference(c):
    "A run of `SYNTH` that nothing happened to: its folder, its seconds, and its writes as write → numbers"
    run, at = c.work/'ref/run', {}
    def begin():
        log = open(c.work/'ref/events', 'w', buffering=1)
        def note(i, event, path): print(event, os.path.relpath(path, run), file=log)
        watch(run, note)
    seconds = c.must(SYNTH, 'ref', before=begin).seconds
    for i, e in enumerate((c.work/'ref/events').read_text().splitlines()):
        at.setdefault(re.sub('data/.*', 'data/*', e), []).append(i)
    return run, seconds, at

def a_write(pick, writes):
    "(name, number) of the first, middle or last of some write"
    name = pick.one(sorted(writes))
    return name, pick.one([writes[name][0], writes[name][len(writes[name])//2], writes[name][-1]])

# ---- two runs that should be one
def _content(file):
    "What must be the same in two runs: tensors and figures, times apart"
    if file.suffix == '.safetensors':
        return {k: (v.dtype, v.shape, v.flatten().tolist()) for k, v in load_file(file).items()}
    if file.suffix == '.csv': return pd.read_csv(file).filter(regex='^(?!.*(seconds|_s$|time))').to_csv()
    if file.name == 'metrics.json': return json.loads(file.read_text())['last']
    return file.stat().st_size > 0

def differs(a, b):
    "In what the run folder `b` differs from `a`; '' where in nothing"
    beside = re.compile(r'lock|prev|^eval-|\.old|\.bak')                    # not made by the training itself
    def names(run):
        files = [p for p in run.rglob('*') if p.is_file() and not beside.search(p.name)]
        return {str(p.relative_to(run)) for p in files}
    other = names(a) ^ names(b)
    if other: return f'in one of two runs: {sorted(other)[:4]}'
    return ', '.join(n for n in sorted(names(a)) if _content(a/n) != _content(b/n))

def go_on(c, d):
    "As a user would: --resume, and the command again where no epoch was done; (verdict, why)"
    begun = any((d/'run'/f).exists() for f in ('state.pt', 'history.csv'))
    ended = command(RESUME, d, 120)
    if ended.status == 2 and not begun: ended = command(SYNTH, d, 120)
    (d/'resumed.txt').write_text(ended.out + ended.err)
    v, why = verdict(ended, 'fire2_train')
    if v != 'ok': return 'lost' if v == 'refused' else v, f'going on: {why}'
    found = differs(reference(c)[0], d/'run')
    return ('lost', found) if found else ('ok', '')

# ---- a case
def _by_signal(c, pick, d):
    "(what was done, what is wrong with the end)"
    sig, when, start, sent = pick.one(SIGNALS), pick.number(10, 100)/100*reference(c)[1], time.time(), []
    def send(pid):
        if not sent and time.time() - start > when: sent.append(1); os.kill(pid, sig)
    ended = command(SYNTH, d, 120, meanwhile=send)
    in_order = ended.status in (0, 128 + sig) and 'Traceback' not in ended.err
    fault = '' if in_order or sig == signal.SIGKILL else f'status {ended.status}: {ended.err[-300:]}'
    return f'{sig.name} after {when:.2f} s', fault

def case(c, pick, d):
    fault = ''
    if pick.chance(20): what, fault = _by_signal(c, pick, d)
    else:
        (name, n), way = a_write(pick, reference(c)[2]), pick.one(WAYS)
        what = f'killed {way} {name} ({n})'
        _killed(SYNTH, d, n, WAYS[way])
    if fault: return 'traceback', f'{what}: {fault}'
    if pick.chance(15) and (d/'run/state.pt').exists():
        _killed(RESUME, d, pick.number(0, 30), _die); what += ', and again'
    v, why = go_on(c, d)
    return v, f'{what}: {why}'
