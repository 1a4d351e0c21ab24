"""A long training: its resident memory after twenty epochs and at its end"""
import numpy as np, psutil
from shared import command, train, watch

WHOLE, EPOCHS, MB = 1, 300, 24

def case(pick, d):
    def begin():
        log, me = open(d/'memory.txt', 'w', buffering=1), psutil.Process()
        def note(i, event, path):
            if event == 'rename' and 'history' in path: print(me.memory_info().rss/2**20, file=log)
        watch(d/'run', note)
    values = f'epochs={EPOCHS} e0=2 eval_every=20 size=32,16 bs=16 warmup=1 k1=8'
    ended = command(train(values), d, 1500, begin)
    if ended.verdict != 'ok': return ended.verdict, ended.why
    used = np.loadtxt(d/'memory.txt')                                               # megabytes, of each epoch
    early, late = np.median(used[20:30]), np.median(used[-10:])
    what = f'{EPOCHS} epochs: {early:.0f} MB in epochs 20 to 30, {late:.0f} MB in the last ten'
    return ('ok', what) if late - early < MB else ('silent', f'{what}, more than {MB} MB')
