"""A long training: its resident memory after twenty epochs and at its end"""
import time
import numpy as np, psutil
from forks import command, verdict

WHOLE, EPOCHS, MB = 1, 300, 24

def case(c, i, rng, d):
    seen = []                                                                 # (time, epochs done, megabytes)
    def look(pid):
        if seen and time.time() - seen[-1][0] < .2: return
        h = d/'run/history.csv'
        try: epochs, rss = h.read_text().count('\n') - 1, psutil.Process(pid).memory_info().rss
        except (psutil.Error, OSError): return
        seen.append((time.time(), epochs, rss/2**20))
    values = f'epochs={EPOCHS} e0=2 eval_every=20 size=32,16 bs=16 warmup=1 k1=8'
    v, why = verdict(command(c.train(values), d, 1500, meanwhile=look), 'fire2_train')
    if v != 'ok': return v, why
    def median(a, b): return np.median([mb for _, e, mb in seen if a <= e < b])
    early, late = median(20, 30), median(EPOCHS - 10, EPOCHS)
    what = f'{EPOCHS} epochs: {early:.0f} MB in epochs 20 to 30, {late:.0f} MB in the last ten'
    return ('ok', what) if late - early < MB else ('silent', f'{what}, more than {MB} MB')
