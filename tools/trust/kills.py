"""A training is killed at a write, in the middle of one, or by a signal at any time; then it goes on"""
import os, re, signal, time
from functools import cache
import numpy as np
from campaign import RESUME, SYNTH
from forks import command, verdict
from writes import die, differs, failing, half

WHOLE = 80
SIGNALS = signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL

@cache
def moments(events):
    "Kind of write and file → numbers of the first, middle and last; all rendered people are one file"
    at = {}
    for i, e in enumerate(events): at.setdefault(re.sub('data/.*', 'data/*', e), []).append(i)
    return {k: sorted({v[0], v[len(v)//2], v[-1]}) for k, v in at.items()}

@cache
def _ways(events, seed):
    "(event number, how to die there): each kind of write of each file once, then a second time, and so on"
    rng, ways = np.random.default_rng(seed), []
    for ms in moments(events).values():
        pairs = [(m, fail) for m in ms for fail in (die, half)]
        ways += [(turn, rng.random(), *pairs[j]) for turn, j in enumerate(rng.permutation(len(pairs)))]
    return [w[2:] for w in sorted(ways, key=lambda w: w[:2])]

def go_on(c, d):
    "As a user would: --resume, and the command again where no epoch was done; (verdict, why)"
    begun = any((d/'run'/f).exists() for f in ('state.pt', 'history.csv'))
    ended = command(RESUME, d, 120)
    if ended.status == 2 and not begun: ended = command(SYNTH, d, 120)
    (d/'resumed.txt').write_text(ended.out + ended.err)
    v, why = verdict(ended, 'fire2_train')
    if v != 'ok': return 'lost' if v == 'refused' else v, f'going on: {why}'
    found = differs(c.ref[0], d/'run')
    return ('lost', found) if found else ('ok', '')

def _by_signal(c, i, rng, d):
    "(what was done, what is wrong with the end)"
    sig, when, start, sent = SIGNALS[i//5 % 5], rng.uniform(.1, 1)*c.ref[2], time.time(), []
    def send(pid):
        if not sent and time.time() - start > when: sent.append(1); os.kill(pid, sig)
    ended = command(SYNTH, d, 120, meanwhile=send)
    what = f'{sig.name} after {when:.2f} s'
    in_order = ended.status in (0, 128 + sig) and 'Traceback' not in ended.err
    if in_order or sig == signal.SIGKILL: return what, ''
    return what, f'status {ended.status}, expected {128 + sig}: {ended.err[-300:]}'

def case(c, i, rng, d):
    events, fault = c.ref[1], ''
    if i % 5 == 4: what, fault = _by_signal(c, i, rng, d)
    else:
        ways = _ways(tuple(events), c.seed)
        m, fail = ways[(i - i//5) % len(ways)]
        what = f"killed {'before' if fail is die else 'in'} {events[m]} ({m})"
        command(SYNTH, d, 120, failing(m, fail, d/'run'))
    if fault: return 'traceback', f'{what}: {fault}'
    if i % 7 == 6 and (d/'run/state.pt').exists():
        command(RESUME, d, 120, failing(int(rng.integers(30)), die, d/'run'))
        what += ', and again'
    v, why = go_on(c, d)
    return v, f'{what}: {why}' if why else what
