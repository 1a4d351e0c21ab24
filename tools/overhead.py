"""What keeping a run safe costs: processor time of epochs as they are, and of epochs whose state torch.save writes and that is all:
nothing is read back or synced, no previous state is kept, nobody looks for NaN.

    python tools/overhead.py nbs/results/overhead.csv

Two learners of the same seed take turns, so that whatever else the machine does meets both. Waiting for the disk costs no
processor time and is not in it."""
import argparse, csv, datetime, os, sys, tempfile, time, warnings
os.environ.setdefault('OMP_NUM_THREADS', '1')
import numpy as np, torch
from pathlib import Path
from unittest import mock
from fire2.all import *
from fire2.callback.history import StopIfNotFinite
import fire2.callback.state as state

SIZES = {'tiny 64×32': dict(arch='tiny', size=(64,32)), 'mobilenet_v2 128×64': dict(arch='mobilenet_v2', size=(128,64), freeze=4)}
COLS = 'size,epochs,pairs,plain_s,safe_s,ratio,ratio_se,state_mb,threads,torch,machine,date'.split(',')

def learner(bm, d, safe, arch, size, **kw):
    "A learner of the demo, one stage-2 epoch a fit; without `safe` nobody looks for NaN"
    dls = reid_dls(bm, 32, 4, size, num_workers=0, device='cpu', seed=0)
    learn = fire2_learner(dls, arch, 'demo', weights='none', path=d, e0=0, warmup=0, epochs=1, eval_every=0, **kw)
    if not safe: learn.remove_cbs([cb for cb in learn.cbs if isinstance(cb, StopIfNotFinite)])
    return learn

def cost(learn, safe):
    write = state.write_state if safe else lambda path, s, keep=None: torch.save(s, path)
    with mock.patch.object(state, 'write_state', write), learn.no_bar(), learn.no_logging():
        t = time.process_time(); learn.fit_fire2()
    return time.process_time() - t

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('out', type=Path, help='csv to write'); p.add_argument('--pairs', type=int, default=12)
    a = p.parse_args(); torch.set_num_threads(1); warnings.filterwarnings('ignore'); rows = []
    for name, kw in SIZES.items():
        with tempfile.TemporaryDirectory() as d:
            bm = synth_benchmark(Path(d)/'people', size=kw['size'], seed=0); bm.protocols = []
            plain, safe = (learner(bm, d, s, **kw) for s in (False, True))
            cost(plain, False), cost(safe, True)
            t = np.array([(cost(plain, False), cost(safe, True)) for _ in range(a.pairs)])
            r = t[:,1]/t[:,0]; mb = (Path(d)/'state.pt').stat().st_size/1e6
        rows.append(dict(zip(COLS, (name, 1, a.pairs, *t.mean(0).round(3), round(r.mean(), 4), round(r.std(ddof=1)/a.pairs**.5, 4), round(mb, 1),
                                    1, torch.__version__, os.uname().machine, datetime.date.today()))))
        print(rows[-1], flush=True)
    with open(a.out, 'w', newline='') as f:
        w = csv.DictWriter(f, COLS, lineterminator='\n'); w.writeheader(); w.writerows(rows)

if __name__ == '__main__': main()
