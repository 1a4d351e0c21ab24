"""A training is killed before a write, in the middle of it, or by a signal soon after; then it goes on"""
import json, os, re, signal, threading
import pandas as pd
from safetensors.torch import load_file
from shared import RESUME, SYNCED, SYNTH, command, reference, watch

WHOLE = 80
ENDS = 0, -signal.SIGKILL, 128 + signal.SIGINT, 128 + signal.SIGTERM            # in order, and killed

# ---- ways to be killed
def die(event, path): os.kill(os.getpid(), signal.SIGKILL)
def _half(event, path):
    "Killed in the middle: what was synced is there, of the rest a half or nothing"
    if event in ('rename', 'fsync') and os.path.isfile(path) and os.stat(path).st_ino not in SYNCED:
        os.truncate(path, os.path.getsize(path)//2)
    elif event == 'write': os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC))
    die(event, path)

def killed(argv, d, n, way):
    "What came of a command to which `way(event, path)` happens before its `n`-th write"
    return command(argv, d, 120, lambda: watch(d/'run', lambda i, *e: way(*e) if i == n else None))

def a_write(pick, writes):
    "(name, number) of the first, middle or last of some write"
    name = pick.one(sorted(writes))
    return name, pick.one([writes[name][0], writes[name][len(writes[name])//2], writes[name][-1]])

# ---- two runs that should be one
def _content(run):
    "File → what must be the same in two runs: tensors and figures, times apart; not of files made beside"
    found = {}
    for f in run.rglob('*'):
        if not f.is_file() or re.search(r'lock|prev|^eval-|\.old|\.bak', f.name): continue
        x = f.stat().st_size > 0
        if f.suffix == '.safetensors': x = {k: v.tolist() for k, v in load_file(f).items()}
        if f.suffix == '.csv': x = pd.read_csv(f).filter(regex='^(?!.*(seconds|_s$|time))').to_csv()
        if f.name == 'metrics.json': x = json.loads(f.read_text())['last']
        found[str(f.relative_to(run))] = x
    return found

def differs(run):
    "In what the folder `run` differs from the reference; '' where in nothing"
    a, b = _content(reference()[0]), _content(run)
    return ', '.join(sorted(f for f in {*a, *b} if f not in a or f not in b or a[f] != b[f])[:4])

def go_on(d):
    "As a user would: --resume, and the command again where no epoch was done; (verdict, why)"
    begun = any((d/'run'/f).exists() for f in ('state.pt', 'history.csv'))
    ended = command(RESUME, d, 120)
    if ended.verdict == 'refused' and not begun: ended = command(SYNTH, d, 120)
    if ended.verdict == 'refused': return 'lost', f'going on: {ended.why}'
    if ended.verdict != 'ok': return ended.verdict, f'going on: {ended.why}'
    found = differs(d/'run')
    return ('lost', found) if found else ('ok', '')

# ---- a case
def _signal(sig, seconds):
    "A way: a signal, some seconds later"
    def send(event, path):
        timer = threading.Timer(seconds, os.kill, (os.getpid(), sig))
        timer.daemon = True
        timer.start()
    return send

def case(pick, d):
    (name, n), seconds = a_write(pick, reference()[1]), pick.number(0, 50)/100
    ways = {'killed before': die, 'killed in': _half, 'SIGINT after': _signal(signal.SIGINT, seconds),
            'SIGTERM after': _signal(signal.SIGTERM, seconds)}
    how = pick.one(ways)
    what, ended = f'{how} {name} ({n})', killed(SYNTH, d, n, ways[how])
    if ended.status not in ENDS or 'Traceback' in ended.err: return 'traceback', f'{what}: {ended.why}'
    if pick.chance(15) and (d/'run/state.pt').exists():
        killed(RESUME, d, pick.number(0, 30), die)
        what += ', and again'
    v, why = go_on(d)
    return v, f'{what}: {why}'
