"""How hard the rendered people are: what chance, colours, clothes alone and identity alone reach on them.

    python tools/difficulty.py --seeds 101 102 --out nbs/results/difficulty.csv
"""
import argparse, sys, time
from dataclasses import fields
from pathlib import Path
import numpy as np, pandas as pd, torch
from PIL import Image
sys.path.insert(0, str(Path(__file__).parent))
from fire2.all import *
from rows import AT, add_row, machine, render, train

def histogram(df, stripes=6, bins=4):
    "Colours of six horizontal stripes, as square roots of their shares (so that a dot product is Bhattacharyya's)"
    def one(path):
        x = np.asarray(Image.open(path).convert('RGB'))//(256//bins) @ np.array([bins*bins, bins, 1])
        return np.concatenate([np.bincount(s.ravel(), minlength=bins**3)/s.size for s in np.array_split(x, stripes)])**.5
    return np.stack([one(p) for p in df.path])

def known(t, kind, prefix):
    "The true factors of `kind` as numbers: categories one-hot, colours as red, green and blue, each column scaled"
    cols = [f'{prefix}_{f.name}' for f in fields(kind) if f.name not in ('logo',)]
    rgb = [c for c in cols if t[c].astype(str).str.startswith('#').all()]
    x = pd.get_dummies(t[[c for c in cols if c not in rgb]], dtype=float)
    for c in rgb: x[[c+k for k in 'rgb']] = [[int(v[i:i+2], 16) for i in (1,3,5)] for v in t[c]]
    return ((x - x.mean())/(x.std() + 1e-9)).to_numpy()

def score(feats, bm):
    "R1 and mAP of each protocol for `feats`, a function from a table of images to [N, D]"
    out = {}
    for p in bm.protocols:
        q,g = (torch.as_tensor(np.asarray(feats(d)), dtype=torch.float32) for d in (p.query, p.gallery))
        m = reid_metrics(q, g, p.query, p.gallery, p.drop)
        out |= {f'{AT[p.name]} mAP': round(100*float(m.mAP), 2), f'{AT[p.name]} R1': round(100*float(m.cmc[0]), 2)}
    return out

def baselines(bm):
    "What needs no training"
    t = truth(bm.root).set_index('path')
    rng, net = np.random.default_rng(0), FIRe2Net(bm.n_ids, 'tiny')
    net.cfg['size'] = (64,32)
    yield 'chance', lambda d: rng.normal(size=(len(d), 512))
    yield 'colour histogram', histogram
    yield 'untrained network', lambda d: extract_features(net, d.path.tolist()).cpu().numpy()
    for name,kind,prefix in (('clothes known', Outfit, 'outfit'), ('identity known', Person, 'person')):
        x = pd.DataFrame(known(t, kind, prefix), index=t.index)
        yield name, lambda d: x.loc[d.path].to_numpy()

# The same network and recipe as the identity row, on people who all wear the same, and on one body in everybody's clothes
NETWORKS = {'network, identity alone': dict(wardrobe='uniform'), 'network, clothes alone': dict(bodies='same')}

if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--seeds', type=int, nargs='+', default=[101, 102])
    p.add_argument('--out', default='nbs/results/difficulty.csv')
    p.add_argument('--people', default='people', help='folder for the rendered people')
    a = p.parse_args()
    for seed in a.seeds:
        bm = render(a.people, seed)
        for row,feats in baselines(bm): add_row(a.out, dict(row=row, seed=seed, **score(feats, bm), **machine()))
        for row,kw in NETWORKS.items(): add_row(a.out, dict(row=row, seed=seed, **train(render(a.people, seed, **kw), seed), **machine()))
