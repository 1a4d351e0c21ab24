"""Time and memory of an exact search among N embeddings: `python tools/search_speed.py [N] [D]` adds rows to nbs/results/gallery.csv

A gallery of N random unit rows in half precision is saved, loaded (memory mapped) and searched; beside it, interleaved, one product
`feats @ q` in float32 that is in memory whole, and faiss' IndexFlatIP where faiss is installed. Times are processor seconds of one thread.
"""
import csv, datetime, os, platform, sys, tempfile, threading, time
from pathlib import Path
os.environ['OMP_NUM_THREADS'] = '1'
import numpy as np, pandas as pd, torch, torch.nn.functional as F
from fire2.gallery import Gallery, nearest, PART
from fire2.core import chunks

N, D, RUNS, K = int((sys.argv + [1_000_000])[1]), int((sys.argv + [0, 512])[2]), 9, 10
OUT = Path(__file__).parent.parent/'nbs/results/gallery.csv'
torch.set_num_threads(1)

def anon(): return next(int(l.split()[1]) for l in open('/proc/self/status') if l.startswith('RssAnon'))/1024      # MB

class Peak:
    "The most anonymous memory while it is open, beyond what there was: pages of mapped files are the system's to take back"
    def __enter__(self): self.at = self.top = anon(); self.on = True; self.t = threading.Thread(target=self.watch); self.t.start(); return self
    def watch(self):
        while self.on: self.top = max(self.top, anon()); time.sleep(.002)
    def __exit__(self, *_): self.on = False; self.t.join(); self.mb = self.top - self.at

def timed(f):
    w, t = time.perf_counter(), time.process_time(); out = f()
    return time.process_time() - t, time.perf_counter() - w, out

def rows(n, seed): return F.normalize(torch.randn(n, D, generator=torch.Generator().manual_seed(seed)))

with tempfile.TemporaryDirectory(dir=os.environ.get('TMPDIR')) as d:
    g = Gallery(mark='0'*64)
    for i, s in enumerate(chunks(N, PART)):
        n = len(range(*s.indices(N)))
        g.grow(pd.DataFrame(dict(path=[f'camera/{s.start+j:07}.jpg' for j in range(n)], camid=np.arange(n) % 6)), rows(n, i))
    g.save(d, half=True); del g
    disk = sum(f.stat().st_size for f in Path(d).iterdir())/1e6
    with Peak() as p: load, load_wall, g = timed(lambda: Gallery.load(d))
    load_mb = p.mb
    q = rows(1, 10**6)[0]
    ways = {'nearest, memory mapped float16': lambda: nearest(q, [p.feats for p in g.parts], K),
            'Gallery.search, memory mapped float16': lambda: g.search(q, K), 'Gallery.search, one camera dropped': lambda: g.search(q, K, drop=dict(camid=0))}
    mb = {}
    for k, f in ways.items():
        f()
        with Peak() as p: f()
        mb[k] = p.mb
    x = torch.cat([p.feats.float() for p in g.parts])
    want = (x @ q).topk(K).indices
    assert torch.equal(ways['nearest, memory mapped float16']()[1], want), 'not exact'
    ways['feats @ q, float32 in memory'] = lambda: (x @ q).topk(K)
    try:
        import faiss
        faiss.omp_set_num_threads(1); index = faiss.IndexFlatIP(D); index.add(x.numpy())
        assert (index.search(q[None].numpy(), K)[1][0] == want.numpy()).all()
        ways[f'faiss {faiss.__version__} IndexFlatIP, float32 in memory'] = lambda: index.search(q[None].numpy(), K)
    except ImportError: print('no faiss here')
    cpu, wall = {k: [] for k in ways}, {k: [] for k in ways}
    for _ in range(RUNS):
        for k, f in ways.items(): c, w, _ = timed(f); cpu[k].append(c); wall[k].append(w)
model = next((l.split(':')[1].strip() for l in open('/proc/cpuinfo') if l.startswith('model name')), platform.machine())
base = np.array(cpu['feats @ q, float32 in memory'])
new = not OUT.exists()
with open(OUT, 'a', newline='') as f:
    out = csv.writer(f)
    if new: out.writerow('what,rows,numbers,runs,cpu seconds,lowest,highest,wall seconds,ratio to feats @ q,ratio lowest,ratio highest,memory MB,disk MB,machine,torch,date'.split(','))
    meta = [f'{model}, {os.cpu_count()} cores, 1 thread', torch.__version__.split('+')[0], datetime.date.today().isoformat()]
    out.writerow(['Gallery.load', N, D, 1, round(load, 3), '', '', round(load_wall, 3), '', '', '', round(load_mb), round(disk), *meta])
    for k in ways:
        c = np.array(cpu[k]); r = c/base
        out.writerow([k, N, D, RUNS, *(round(float(o), 4) for o in (np.median(c), c.min(), c.max(), np.median(wall[k]))),
                      *(round(float(o), 3) for o in (np.median(r), r.min(), r.max())), round(mb[k]) if k in mb else round(4*N*D/2**20), '', *meta])
print(pd.read_csv(OUT).tail(len(ways) + 1).drop(columns=['machine', 'torch', 'date']).to_string())
