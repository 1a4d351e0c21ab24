"""Figures of small sets, with unknown ids and several rules, beside their definitions in plain loops"""
import numpy as np, pandas as pd, torch
from sklearn.metrics import average_precision_score
from fire2.all import InputError, reid_metrics

WHOLE = 3000
DROPS = (), ('camid',), ('camid', 'clothid'), ('clothid',)

def _cosine(a, b): return float(a @ b/(np.linalg.norm(a)*np.linalg.norm(b)))
def _dropped(q, g, drop): return q['pid'] == g['pid'] and any(q[f] == g[f] != -1 for f in drop)

def plain(q_feats, g_feats, q, g, drop):
    "Query → (AP, INP, rank of the first hit), one query at a time; average precision by scikit-learn"
    found, gallery = {}, g.to_dict('records')
    for i, row in enumerate(q.to_dict('records')):
        keep = [j for j, other in enumerate(gallery) if not _dropped(row, other, drop)]
        same = [gallery[j]['pid'] == row['pid'] for j in keep]
        scores = np.array([_cosine(q_feats[i], g_feats[j]) for j in keep])
        at = [k for k, j in enumerate(np.argsort(-scores, kind='stable'), 1) if same[j]]
        if at: found[i] = average_precision_score(same, scores), len(at)/at[-1], at[0]
    return found

def _rows(pick, n, low):
    def ids(k, low): return [pick.number(low, k) for _ in range(n)]
    return pd.DataFrame(dict(pid=ids(4, 0), camid=ids(3, low), clothid=ids(2, low)))

def case(pick, d):
    nq, ng, drop = pick.number(1, 12), pick.number(1, 40), pick.one(DROPS)
    low = -pick.chance(33)                                                                  # -1: unknown
    q, g, rng = _rows(pick, nq, low), _rows(pick, ng, low), np.random.default_rng(pick.number(0, 2**32))
    q_feats, g_feats = rng.normal(size=(nq, 4)), rng.normal(size=(ng, 4))
    what, found = f'{nq} × {ng}, drop {drop}{", unknown values"*-low}', plain(q_feats, g_feats, q, g, drop)
    try: m = reid_metrics(torch.from_numpy(q_feats), torch.from_numpy(g_feats), q, g, drop)
    except InputError as e: return 'silent' if found else 'refused', f'{what}: {e}'
    if not found: return 'silent', f'{what}: figures without an answerable query'
    ap, inp, first = np.array([*found.values()]).T
    cmc = [(first <= k).mean() for k in range(1, len(m.cmc) + 1)]
    pairs = (m.ap, ap), (m.inp, inp), (m.cmc, cmc), (m.mAP, ap.mean()), (m.mINP, inp.mean())
    same = [*map(int, m.query_idx)] == [*found] and m.n_skipped == len(q) - len(found)
    right = same and all(np.allclose(a, b, atol=1e-9) for a, b in pairs)
    return ('ok', what) if right else ('silent', f'{what}: {m.ap} for {found}')
