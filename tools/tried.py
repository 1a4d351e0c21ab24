"""Ways to use mined clusters in training that the paper does not have: one line for every form, people and whitening.

    python tools/tried.py nbs/results/tried_training.csv --work ~/tried --seeds 101-102

Each form changes stage 2 of `pretrained` at 128×64, Adam's moments kept, with and without other colours; the first stage
is shared. The trained network is scored as it is, whitened by all images of a person (as `best`), and between mined clusters."""
import argparse, copy, csv, itertools, os
from pathlib import Path
import torch, torch.nn.functional as F
import rows
from fire2 import run as runs
from fire2.callback.ffm import FFM
from fire2.callback.whiten import between_whitening, means
from fire2.cluster import cluster_identities
from fire2.data.load import PKDL
from fire2.evaluate import evaluate
from fire2.features import extract_features
from fire2.layers.far import donor_mask, draw_donors
from fire2.losses import FIRe2Loss, BatchHardTriplet, euclidean, attr_targets, plain
import numpy as np

FORMS = {'as it is': '', "CAL's loss": 'cal=.1', "CAL's loss, all of a person's clusters alike": 'cal=1', 'own clusters confused': 'confuse',
         'penalty: features along cluster centres': 'decor', 'whitening as a layer': 'layer', 'positives from another cluster': 'cross',
         'batches span clusters': 'span', 'positives from another cluster, batches span': 'cross span',
         'donors from own other clusters, consistent': 'own', 'donors from own other clusters, consistent, batches span': 'own span',
         'clusters of averaged weights': 'ema', 'targets spread over own clusters': 'spread'}
COLOURS = {'no': 'moments kept', 'half of the images': 'recoloured'}
LINE = 'form,recoloured,seed,whitened by,cc mAP,cc R1,std mAP,std R1,per_id,nmi_outfit'.split(',')

class CrossTriplet(BatchHardTriplet):
    "The farthest positive among the images of the person's other clusters, where the batch has any"
    def forward(self, feats, pid, fgid):
        d, same = euclidean(feats), pid[:,None] == pid[None]
        other = same & (fgid[:,None] != fgid[None])
        use = torch.where(other.any(1, keepdim=True), other, same)
        pos, neg = d.masked_fill(~use, 0).amax(1), d.masked_fill(same, torch.finfo(d.dtype).max).amin(1)
        return F.relu(pos - neg + self.margin).mean()

class Tried(FIRe2Loss):
    "`FIRe2Loss` in the forms named by the words `how`"
    def forward(self, pred, pid, idx=None):
        if not self.stage2 or not self.how: return super().forward(pred, pid, idx)
        pid, (emb, logits, fmap) = plain(pid), map(plain, pred)
        fgid, W, tau, net = self.labels[plain(idx)], self.classifier.weight, self.attr.tau, self.net
        same = pid[:,None] == pid[None]
        seen = emb
        if 'layer' in self.how: seen = emb @ self.W; logits = net.id_head(seen)
        res = dict(id=self.ce(logits.float(), pid))
        res['tri'] = CrossTriplet(self.tri.margin)(seen, pid, fgid) if 'cross' in self.how else self.tri(seen, pid)
        eps = next((float(h[4:]) for h in self.how if h.startswith('cal=')), None)
        if eps is None and 'confuse' not in self.how: res['attr'] = self.attr(self.classifier(emb), fgid, self.owner, pid)
        else:                                                                   # the classifier learns, the features work against it
            res['attr'] = F.cross_entropy(self.classifier(emb.detach())/tau, fgid)
            s = F.normalize(emb) @ F.normalize(W.detach()).T/tau
            q, own = attr_targets(fgid, self.owner, pid, eps or 1.)
            if eps is None: res['adv'] = -(q*s.masked_fill(~own, -1e4).log_softmax(1)).sum(1).mean()
            else: res['adv'] = (q*F.softplus(s.masked_fill(own, -1e4).logsumexp(1, keepdim=True) - s)).sum(1).mean()
        if 'decor' in self.how:
            z, c = F.normalize(emb), F.normalize(self.start)                    # the centres of this epoch
            z = z - (same.float()/same.sum(1, keepdim=True)) @ z
            m, person = means(c, self.owner)
            d = (c - m[person])[fgid]
            res['decor'] = (F.cosine_similarity(z, d, dim=1)**2)[d.norm(dim=1) > 1e-4].mean().nan_to_num()
        own = 'own' in self.how
        donor = draw_donors(same & (fgid[:,None] != fgid[None]), 2, 1) if own else None
        res['far'] = self.w_far*self.ce(self.far(fmap, fgid, pid, donor).float(), pid)
        if own:
            x = net.pool(self.far.recompose(fmap, fgid, pid, donor))
            x = F.batch_norm(x, None, None, net.neck.weight, net.neck.bias, True)
            res['same'] = (1 - F.cosine_similarity(x, emb, dim=1)).mean()
        self.last = {k: v.detach() for k, v in res.items()}
        return sum(res.values())

class TriedFFM(FFM):
    "`FFM` that tells loss and batches what it found, and may look with averaged weights"
    def before_fit(self):
        super().before_fit()
        if 'ema' in self.how: self.mean = copy.deepcopy(self.model)
    def after_batch(self):
        if 'ema' in self.how and self.training:
            for a, b in zip(self.mean.state_dict().values(), self.model.state_dict().values()):
                a.lerp_(b, .02) if a.is_floating_point() else a.copy_(b)
    def recluster(self):
        model, cluster, loss = self.learn.model, self.cluster, self.loss_func
        if 'ema' in self.how: self.learn.model = self.mean
        def keep(feats, pids): self.feats = feats; return cluster(feats, pids)
        self.cluster = keep
        try: super().recluster()
        finally: self.learn.model, self.cluster = model, cluster
        loss.start = self.clusters.centres
        if 'layer' in self.how: loss.W = between_whitening(self.feats, self.pids, self.clusters.labels, 50.)
        if 'span' in self.how: self.dls.train.spread = self.clusters.labels.numpy()

class SpanDL(PKDL):
    "Batches whose images of a person are spread over their clusters"
    spread = None
    def peek(self):
        rows = super().peek()
        if self.spread is None: return rows
        rows, K = np.array(rows).reshape(-1, self.n_inst), self.n_inst
        pid, rng = self.dataset.pids.numpy()[rows[:, 0]], np.random.default_rng([self.seed, self.epoch])
        for p in np.unique(pid):                                                # deal a person's images anew among their groups
            at = np.flatnonzero(pid == p)
            mine = rng.permutation(rows[at].ravel()); mine = mine[np.argsort(self.spread[mine], kind='stable')]
            rows[at] = mine.reshape(K, len(at)).T
        return rows.reshape(-1)

def alter(learn, how):
    learn.loss_func.__class__, learn.loss_func.how, learn.loss_func.net = Tried, how, learn.model
    ffm = learn.ffm; ffm.__class__, ffm.how = TriedFFM, how
    learn.dls.train.__class__ = SpanDL
    return learn

def whitenings(learn):
    "What the network is multiplied by at the end"
    bm, net = learn.dls.bm, learn.model.eval(); net.set_whiten(None)
    x, pid = extract_features(net, bm.train), torch.from_numpy(bm.train.pid.to_numpy())
    yield 'nothing', None
    yield 'all images of a person', between_whitening(x, pid)
    yield 'mined clusters', between_whitening(x, pid, cluster_identities(x, pid, eps=.5, k1=8).labels, 50.)

def one(work, seed, form, colours):
    "Train one form: its lines"
    values = rows.MAIN[COLOURS[colours]] + ' arch=mobilenet_v2' + ' attr_eps=1 k1=8 small=clip'*(FORMS[form] == 'spread')
    job = dict(row=COLOURS[colours], seed=seed, values=values, data='', work=work, device='cpu', weights=None, base='pretrained')
    make = runs.make_learner
    rows.people(**job); rows.first(job)
    cfg = rows.config(**job); cfg.stage1 = str(rows.stage1(job)); runs.check_stage1(cfg)
    runs.make_learner = lambda *a: alter(make(*a), {*FORMS[form].split()} - {'spread'})
    try: learn, bm = rows.train(cfg, rows.folder('tried', work, form, seed, colours))
    finally: runs.make_learner = make
    h = learn.history.df.iloc[-1]
    for name, W in whitenings(learn):
        learn.model.set_whiten(W); res = evaluate(learn, bm)
        scores = {c: res[k][p] for c, (p, k) in rows.SCORES.items()}
        yield dict(form=form, recoloured=colours, seed=seed, per_id=round(h.per_id, 2), nmi_outfit=round(h.nmi_outfit, 3), **{'whitened by': name}, **scores)

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('out', type=Path, help='csv to add to')
    p.add_argument('--work', type=Path, required=True, help='folder for people, first stages and weights')
    p.add_argument('--seeds', default='101-102', help='of people and training')
    p.add_argument('--forms', help='only these, with semicolons'); p.add_argument('--recoloured', help="only 'no', or only 'half of the images'")
    a = p.parse_args()
    todo = itertools.product(rows.numbers(a.seeds), a.forms.split('; ') if a.forms else FORMS, [a.recoloured] if a.recoloured else COLOURS)
    done = {(int(r['seed']), r['form'], r['recoloured']) for r in csv.DictReader(open(a.out))} if a.out.exists() else set()
    for seed, form, colours in todo:
        if (seed, form, colours) in done: continue
        lines = list(one(a.work.resolve(), seed, form, colours))
        rows.append(a.out, LINE, lines)
        print(f'{form}, seed {seed}, recoloured: {colours}', *(f"{l['cc mAP']}/{l['std mAP']}" for l in lines), flush=True)

if __name__ == '__main__': torch.set_num_threads(1); main()
