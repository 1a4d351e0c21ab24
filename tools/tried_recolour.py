import torch
from fire2.data import transforms as T
enc = T.Recolour.enc
def use(v):
    def bands(self, x):
        lo,hi = T.tensor(self.cuts).T
        return lo + (hi-lo)*torch.rand(len(x), len(lo))
    def mats(x, keep, s=None):
        M = T.colour_matrices(len(x), 2); E = torch.eye(3)
        if s is not None: M = E*(1-s) + M*s
        return torch.where(keep[..., None, None], E, M)
    def one(self, x):
        c = bands(self, x); u = torch.rand(len(x)) < .5; keep = torch.stack([u, ~u], 1) | (torch.rand(len(x), 1) >= self.p)
        return T.mix_channels(x, mats(x, keep), c)
    def each(self, x):
        c = bands(self, x); return T.mix_channels(x, mats(x, torch.rand(len(x), 2) >= self.p), c)
    def mild(self, x):
        c = bands(self, x); keep = (torch.rand(len(x), 1) >= self.p).expand(-1, 2)
        return T.mix_channels(x, mats(x, keep, torch.rand(len(x), 2, 1, 1)), c)
    def grey(self, x):   # half of the recoloured are only brighter or darker and less colourful
        c = bands(self, x); keep = (torch.rand(len(x), 1) >= self.p).expand(-1, 2)
        M = T.colour_matrices(len(x), 2); s = torch.rand(len(x), 2, 1, 1)
        G = torch.full((3,3), 1/3); M = M @ (torch.eye(3)*(1-s) + G*s)
        return T.mix_channels(x, torch.where(keep[..., None, None], torch.eye(3), M), c)
    T.Recolour.enc = dict(one=one, each=each, mild=mild, grey=grey).get(v, enc)
_use = use
def use(v):
    _use(v if v in ('one','each','mild','grey') else '')
    def draws(self, x, each=False, grey=False):
        lo,hi = T.tensor(self.cuts).T; c = lo + (hi-lo)*torch.rand(len(x), len(lo))
        M, E = T.colour_matrices(len(x), 2), torch.eye(3)
        if grey: s = torch.rand(len(x), 2, 1, 1); M = M @ (E*(1-s) + torch.full((3,3), 1/3)*s)
        s = torch.rand(len(x), 2, 1, 1); M = E*(1-s) + M*s
        keep = (torch.rand(len(x), 2) >= self.p) if each else (torch.rand(len(x), 1) >= self.p).expand(-1, 2)
        return T.mix_channels(x, torch.where(keep[..., None, None], E, M), c)
    if v == 'mildeach': T.Recolour.enc = lambda self, x: draws(self, x, each=True)
    if v == 'mildgrey': T.Recolour.enc = lambda self, x: draws(self, x, grey=True)
