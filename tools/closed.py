"""What can be done to a trained network in closed form: one line for every run and variant.

    python tools/closed.py nbs/results/closed_eyes.csv ~/eyes/runs/*

A run is a folder with config.json and last.safetensors, as fire2_train and tools/rows.py leave them. Its training and test images
are embedded once (emb.pt is kept beside it); every variant takes a scatter of the training embeddings, whitens by it, and is scored."""
import argparse, csv, json
from pathlib import Path
import numpy as np, pandas as pd, torch, torch.nn.functional as F
from sklearn.covariance import ledoit_wolf_shrinkage
from fire2 import run as runs
from fire2.agreement import agreement, shuffle_within
from fire2.callback.whiten import between_whitening, means
from fire2.cluster import cluster_identities
from fire2.evaluate import Embeddings, embed_protocols, evaluate
from fire2.features import extract_features
from fire2.models import load_net

COLS = 'network,seed,variant,shrink,clusters,nmi_outfit,cc mAP,cc R1,cc mINP,std mAP,std R1,std mINP'.split(',')

def embeddings(run, bm):
    "Training features and `Embeddings` of the protocols, before any whitening"
    if not (file := run/'emb.pt').exists():
        net = load_net(run/'last.safetensors'); net.set_whiten(None)
        test = embed_protocols(net, bm)
        torch.save(dict(train=extract_features(net, bm.train), test=test.feats, paths=list(test.row)), file)
    e = torch.load(file, weights_only=True)
    return F.normalize(e['train'].float()), Embeddings(e['paths'], F.normalize(e['test'].float()))

def around(x, labels): m, i = means(x, labels); return (x - m[i])/len(x)**.5       # rows d, scatter dᵀd

def whitening(d, shrink):
    "As `between_whitening` does it, of any scatter dᵀd"
    _, s, Vh = torch.linalg.svd(d if len(d) <= d.shape[1] else torch.linalg.qr(d).R, full_matrices=False)
    keep = (1 + s.square()/(shrink*s.square().sum()/d.shape[1]))**-.5
    return torch.eye(d.shape[1]) - (Vh.T*(1-keep)) @ Vh

def centre_rows(x, pid, labels):
    m, i = means(x, labels)
    return around(m, torch.zeros(len(m), dtype=torch.long).index_copy_(0, i, pid))

def variants(x, pid, outfit, grid):
    "name, λ, clusters, W"
    mined = {(eps, k1): cluster_identities(x, pid, eps=eps, k1=k1).labels for eps in ((.3, .4, .5, .6) if grid else (.4, .5)) for k1 in ((4, 8, 12, 20, 30) if grid else (8, 20))}
    best, ffm = mined[.5, 8], mined[.4, 20]
    yield 'nothing', None, None, None
    yield 'all images of a person', 3., None, between_whitening(x, pid, shrink=3.)
    yield 'between mined clusters', 50., best, between_whitening(x, pid, best, 50.)
    yield "between mined clusters, FFM's values", 50., ffm, between_whitening(x, pid, ffm, 50.)
    yield 'between random clusters', 50., (r := shuffle_within(best, pid)), between_whitening(x, pid, r, 50.)
    yield 'between true outfits', 50., outfit, between_whitening(x, pid, outfit, 50.)
    yield 'inside mined clusters', 3., best, whitening(around(x, best), 3.)
    s = ledoit_wolf_shrinkage(centre_rows(x, pid, best).numpy(), assume_centered=True)
    yield 'between mined clusters, Ledoit-Wolf', round(lw := float(s/(1-s)), 3), best, whitening(centre_rows(x, pid, best), lw)
    W = between_whitening(x, pid, best, 50.)
    y = F.normalize(x @ W)
    yield 'between mined clusters, then all images of a person', 10., best, W @ whitening(around(y, pid), 10.)
    if not grid: return
    yield 'between mined clusters, then all images of a person, λ=3.0', 3., best, W @ whitening(around(y, pid), 3.)
    for (eps, k1), c in mined.items(): yield f'eps={eps} k1={k1}', 50., c, between_whitening(x, pid, c, 50.)
    for lam in (.3, 1., 2., 5., 10., 20., 30., 40., 100.): yield f'all images of a person, λ={lam}', lam, None, between_whitening(x, pid, shrink=lam)
    for lam in (1., 5., 20., 150., 500.): yield f'λ={lam}', lam, best, between_whitening(x, pid, best, lam)
    for n in (2, 5, 10, 20): k = pid < n; yield f'clusters of {n} people', 50., best[k], between_whitening(x[k], pid[k], best[k], 50.)

def lines(run, network, grid):
    cfg = runs.run_config(run)
    bm = runs.open_config(cfg, run)
    x, test = embeddings(run, bm)
    pid = torch.tensor(bm.train.pid.to_numpy())
    outfit = means(x[:, :1], pid*1000 + torch.tensor(bm.train.clothid.to_numpy()))[1]
    for name, lam, c, W in variants(x, pid, outfit, grid):
        res = evaluate(test if W is None else Embeddings(list(test.row), F.normalize(test.feats @ W)), bm)
        k = c is not None and len(c) == len(pid)
        yield dict(network=network, seed=cfg.seed, variant=name, shrink=lam, clusters=len(c.unique()) if c is not None else None,
                   nmi_outfit=round(agreement(c, pid, outfit).nmi, 3) if k else None,
                   **{f'{a} {m}': res[m][b] for a, b in (('cc', 'cloth-changing'), ('std', 'standard')) for m in ('mAP', 'R1', 'mINP')})

def picture(before, after, file, n=8):
    "Embeddings of the first `n` test people by `before` as it is and `after` whitened, in 32 directions each, for the page that explains it"
    def some(run, white):
        cfg = runs.run_config(run); bm = runs.open_config(cfg, run)
        x, test = embeddings(run, bm)
        pid, p = torch.tensor(bm.train.pid.to_numpy()), bm.protocols[0]
        W = between_whitening(x, pid) if white else torch.eye(x.shape[1])
        d = pd.concat([p.query, p.gallery]).drop_duplicates('path')
        d = d[d.pid.isin(sorted(d.pid.unique())[:n])]
        y = F.normalize(test[d] @ W)
        return d, F.normalize(y @ torch.linalg.svd(y, full_matrices=False)[2][:32].T).half().numpy()
    (d, old), (_, new) = some(before, False), some(after, True)
    np.savez_compressed(file, before=old, after=new, pid=pd.factorize(d.pid)[0], outfit=d.clothid.to_numpy())

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('out', type=Path, help='csv to add to'); p.add_argument('runs', type=Path, nargs='+')
    p.add_argument('--network', help='how the runs are called; by default what the name of the folder says, HASH-NETWORK-SEED as tools/rows.py makes it')
    p.add_argument('--grid', action='store_true', help='the settings too, not only the variants that are compared')
    p.add_argument('--picture', type=Path, help='write embeddings of some test people, by the first run as it is and by the last whitened, and nothing else')
    a = p.parse_args()
    if a.picture: return picture(a.runs[0], a.runs[-1], a.picture)
    done = {(r['network'], r['seed']) for r in csv.DictReader(open(a.out))} if a.out.exists() else set()
    for run in a.runs:
        network = a.network or run.name.partition('-')[2].rpartition('-')[0]
        if (network, str(runs.run_config(run).seed)) in done: continue
        rows = list(lines(run, network, a.grid))
        with open(a.out, 'a', newline='') as f:
            w = csv.DictWriter(f, COLS, lineterminator='\n')
            if not f.tell(): w.writeheader()
            w.writerows(rows)
        print(run.name, *(f"{r['variant']} {r['cc mAP']}" for r in rows[:6]), sep=' | ', flush=True)

if __name__ == '__main__': main()
