"""A long training: its resident memory after twenty epochs and at its end"""
import time
from contextlib import suppress
import numpy as np, psutil
from shared import command, verdict

WHOLE, EPOCHS, MB = 1, 300, 24

def case(c, pick, d):
    seen = []                                                                 # (epochs done, megabytes)
    def look(pid):
        time.sleep(.2)
        try: epochs = (d/'run/history.csv').read_text().count('\n') - 1
        except OSError: return
        with suppress(psutil.Error): seen.append((epochs, psutil.Process(pid).memory_info().rss/2**20))
    values = f'epochs={EPOCHS} e0=2 eval_every=20 size=32,16 bs=16 warmup=1 k1=8'
    v, why = verdict(command(c.train(values), d, 1500, meanwhile=look), 'fire2_train')
    if v != 'ok': return v, why
    def median(a, b): return np.median([mb for e, mb in seen if a <= e < b])
    early, late = median(20, 30), median(EPOCHS - 10, EPOCHS)
    what = f'{EPOCHS} epochs: {early:.0f} MB in epochs 20 to 30, {late:.0f} MB in the last ten'
    return ('ok', what) if late - early < MB else ('silent', f'{what}, more than {MB} MB')
