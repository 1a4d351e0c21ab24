"""How hard the rendered people are: what chance, colours, clothes alone and identity alone reach on them, one line a row and seed.

    python tools/difficulty.py nbs/results/difficulty.csv --work ~/rows --seeds 1-5

`--work` is that of rows.py, whose people are used again."""
import argparse, csv, datetime, os, sys
from dataclasses import fields
from multiprocessing import get_context
from pathlib import Path
import numpy as np, pandas as pd, torch
from PIL import Image
sys.path.insert(0, str(Path(__file__).parent))
from fire2.all import *
from concurrent.futures import ProcessPoolExecutor                 # not fastcore's, which came with the star
import rows

# The identity row's network and recipe on people who all wear the same, and on one body in everybody's clothes
NETWORKS = {'network, identity alone': 'wardrobe=uniform', 'network, clothes alone': 'bodies=same'}
LINE = ['row', 'seed', *rows.SCORES, 'renderer', 'date']

def histogram(df, stripes=6, bins=4):
    "Colours of six horizontal stripes, as square roots of their shares (a dot product is then Bhattacharyya's)"
    def one(path):
        x = np.asarray(Image.open(path).convert('RGB'))//(256//bins) @ np.array([bins*bins, bins, 1])
        return np.concatenate([np.bincount(s.ravel(), minlength=bins**3)/s.size for s in np.array_split(x, stripes)])**.5
    return np.stack([one(p) for p in df.path])

def known(t, kind, prefix):
    "The true factors of `kind` as numbers: categories one-hot, colours as red, green and blue, every column scaled"
    cols = [f'{prefix}_{f.name}' for f in fields(kind) if f.name != 'logo']
    rgb = [c for c in cols if t[c].astype(str).str.startswith('#').all()]
    x = pd.get_dummies(t[[c for c in cols if c not in rgb]], dtype=float)
    for c in rgb: x[[f'{c}_{k}' for k in 'rgb']] = [[int(v[i:i+2], 16) for i in (1,3,5)] for v in t[c]]
    return pd.DataFrame(((x - x.mean())/(x.std() + 1e-9)).to_numpy(), index=t.index)

def score(feats, bm):
    "The columns of `rows.SCORES` for `feats`, a function from a table of images to [N, D]"
    out = {}
    for p in bm.protocols:
        q, g = (torch.tensor(np.array(feats(d)), dtype=torch.float32) for d in (p.query, p.gallery))
        m = reid_metrics(q, g, p.query, p.gallery, p.drop)
        got = dict(mAP=m.mAP, R1=m.cmc[0], mINP=m.mINP)
        out |= {c: round(100*float(got[k]), 2) for c, (name, k) in rows.SCORES.items() if name == p.name}
    return out

def baselines(seed, work):
    "Lines of what needs no training"
    bm = rows.people(seed, '', work)
    t, rng = truth(bm.root).set_index('path'), np.random.default_rng(seed)
    torch.manual_seed(seed); net = FIRe2Net(bm.n_ids, 'tiny', size=(64,32))
    clothes, person = known(t, Outfit, 'outfit'), known(t, Person, 'person')
    feats = {'chance': lambda d: rng.normal(size=(len(d), 512)), 'colour histogram': histogram,
             'untrained network': lambda d: extract_features(net, d.path.tolist()).cpu().numpy(),
             'clothes known': lambda d: clothes.loc[d.path], 'identity known': lambda d: person.loc[d.path]}
    return [dict(row=r, seed=seed, **score(f, bm)) for r, f in feats.items()]

def network(row, seed, work):
    "Line of a network trained on people who are only bodies, or only clothes"
    data = NETWORKS[row]
    rows.people(seed, data, work)
    cfg = rows.config('identity', seed, 'terms=', work, 'cpu', data)
    learn, bm = rows.train(cfg, rows.folder('runs', work, row, seed))
    res = evaluate(learn, bm)
    return [dict(row=row, seed=seed, **{c: res[k][p] for c, (p, k) in rows.SCORES.items()})]

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('out', type=Path); p.add_argument('--work', type=Path, required=True)
    p.add_argument('--seeds', default='1-5'); p.add_argument('--workers', type=int, default=2)
    a = p.parse_args()
    os.environ['OMP_NUM_THREADS'] = '1'
    seeds, work = rows.numbers(a.seeds), a.work.resolve()
    done = {(r['row'], r['seed']) for r in csv.DictReader(open(a.out))} if a.out.exists() else set()
    with ProcessPoolExecutor(a.workers, get_context('spawn'), torch.set_num_threads, (1,)) as pool:
        jobs = [pool.submit(baselines, s, work) for s in seeds if ('chance', str(s)) not in done]
        jobs += [pool.submit(network, r, s, work) for s in seeds for r in NETWORKS if (r, str(s)) not in done]
        for f in jobs: rows.append(a.out, LINE, [l | dict(renderer=RENDERER, date=datetime.date.today()) for l in f.result()])

if __name__ == '__main__': main()
