"""Time and memory of an exact search among N embeddings: `python tools/search_speed.py [N] [D]` adds rows to nbs/results/gallery.csv

`python tools/search_speed.py --near [N] [D]` writes nbs/results/near.csv: what `NearLists` (faiss proposes) gains and misses, for heaps of
twenty images a person, for noise, and for 20,000 images of rendered people by a network that a run trained.

A gallery of N random unit rows in half precision is saved, loaded (memory mapped) and searched; beside it, interleaved, one product
`feats @ q` in float32 that is in memory whole, and faiss' IndexFlatIP where faiss is installed. Times are processor seconds of one thread.
"""
import csv, datetime, json, os, platform, subprocess, sys, tempfile, threading, time
from pathlib import Path
os.environ['OMP_NUM_THREADS'] = '1'
import numpy as np, pandas as pd, torch, torch.nn.functional as F
from fire2.gallery import Gallery, PART
from fire2.near import nearest_rows, NearLists
from fire2.core import chunks

MEMORY = sys.argv[2] if sys.argv[1:2] == ['--memory'] else None                  # the fresh process that measures memory
NEAR = '--near' in sys.argv and not sys.argv.remove('--near')
N, D = (0, 512) if MEMORY else (int((sys.argv + [1_000_000])[1]), int((sys.argv + [0, 512])[2]))
RUNS, K = 9, 10
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

def searches(g):
    q = F.normalize(torch.randn(g.parts[0].feats.shape[1], generator=torch.Generator().manual_seed(10**6)), dim=0)
    return q, {'nearest_rows, memory mapped float16': lambda: nearest_rows(q, [p.feats for p in g.parts], K),
               'Gallery.search, memory mapped float16': lambda: g.search(q, K), 'Gallery.search, one camera dropped': lambda: g.search(q, K, drop=dict(camid=0))}

if MEMORY:                                                                    # nothing was freed here that could be used again
    mb = {}
    with Peak() as p: g = Gallery.load(MEMORY)
    mb['Gallery.load'] = p.mb
    for k, f in searches(g)[1].items():
        with Peak() as p: f()
        mb[k] = p.mb
    print(json.dumps(mb)); sys.exit()

def machine(): return next((l.split(':')[1].strip() for l in open('/proc/cpuinfo') if l.startswith('model name')), platform.machine())

def heaps(n, g, dim=64):
    "Twenty images a person; people near `dim` dimensions; cosine of one person's images about .6"
    people = torch.randn(n//20, dim, generator=g) @ torch.randn(dim, D, generator=torch.Generator().manual_seed(1))
    return F.normalize(F.normalize(people).repeat_interleave(20, 0) + .8*F.normalize(torch.randn(n, D, generator=g)))

def rendered(d, ids=834):
    "Rendered people whom a trained network has not seen: 20,000 images"
    from fire2.all import synth_benchmark, extract_features, fire2_train, load_net
    fire2_train('synth', out=f'{d}/run', people='small n_ids=40 n_test_ids=12 n_outfits=3', set='epochs=12 e0=5 milestones=9 eval_every=0')
    bm = synth_benchmark(f'{d}/more', n_ids=2, n_test_ids=ids, n_outfits=4, n_cams=3, n_views=2, size=(64, 32), seed=99)
    return extract_features(load_net(f'{d}/run/last.safetensors'), pd.concat([bm.protocols[0].query, bm.protocols[0].gallery]).path.tolist()).cpu()

def near(name, x, q, k=10):
    "Rows of nbs/results/near.csv"
    import faiss; faiss.omp_set_num_threads(1)
    x, rule, rows = [o.half() for o in x.split(PART)], np.arange(len(x)) % 6 != 0, []
    exact, _, want = timed(lambda: [set(nearest_rows(o, x, k)[1].tolist()) for o in q])
    ruled = [set(nearest_rows(o, x, k, rule)[1].tolist()) for o in q]; top = [nearest_rows(o, x, 1)[1].item() for o in q]
    build, _, lists = timed(lambda: NearLists(x))
    for part in (64, 32, 16, 8, 4):
        lists.n_read = max(1, round(lists.index.nlist/part))
        cpu, _, got = timed(lambda: [nearest_rows(o, x, k, lists=lists)[1].tolist() for o in q])
        kept = [set(nearest_rows(o, x, k, rule, lists)[1].tolist()) for o in q]
        share = lambda a, b: round(float(np.mean([len(set(i) & j)/k for i, j in zip(a, b)])), 3)
        rows.append(dict(data=name, share=f'1/{part}', rows=len(rule), numbers=x[0].shape[1], lists=lists.index.nlist, searches=len(q))
                    | {'build s': round(build, 1), 'exact ms': round(1e3*exact/len(q), 2), 'lists ms': round(1e3*cpu/len(q), 2),
                       'times faster': round(exact/cpu, 1), 'found': share(got, want), 'first found': round(float(np.mean([i[0] == j for i, j in zip(got, top)])), 3),
                       'found with a rule': share(kept, ruled), 'machine': f'{machine()}, 1 thread', 'torch': torch.__version__.split('+')[0],
                       'faiss': faiss.__version__, 'date': datetime.date.today().isoformat()})
        print(rows[-1], flush=True)
    return rows

if NEAR:
    g, out = torch.Generator().manual_seed(0), []
    with tempfile.TemporaryDirectory(dir=os.environ.get('TMPDIR')) as d: people = rendered(d)
    for name, make in (('people in heaps', heaps), ('noise', lambda n, g: F.normalize(torch.randn(n, D, generator=g))), ('rendered people', None)):
        x = torch.cat([make(n, g) for n in [min(N, 100_000)]*max(1, N//100_000)]) if make else people
        at = torch.randperm(len(x), generator=g)[:50]
        q = x[at] if not make else F.normalize(x[at] + .8*F.normalize(torch.randn(50, D, generator=g)))
        out += near(name, x, q); del x
    pd.DataFrame(out).to_csv(OUT.with_name('near.csv'), index=False); sys.exit()

with tempfile.TemporaryDirectory(dir=os.environ.get('TMPDIR')) as d:
    g = Gallery(mark='0'*64)
    for i, s in enumerate(chunks(N, PART)):
        n = len(range(*s.indices(N)))
        g.grow(pd.DataFrame(dict(path=[f'camera/{s.start+j:07}.jpg' for j in range(n)], camid=np.arange(n) % 6)), rows(n, i))
    g.save(d, half=True); del g
    disk = sum(f.stat().st_size for f in Path(d).iterdir())/1e6
    mb = json.loads(subprocess.run([sys.executable, __file__, '--memory', d], capture_output=True, text=True, check=True).stdout)
    load, load_wall, g = timed(lambda: Gallery.load(d))
    q, ways = searches(g)
    for f in ways.values(): f()
    x = torch.cat([p.feats.float() for p in g.parts])
    want = (x @ q).topk(K).indices
    assert torch.equal(ways['nearest_rows, memory mapped float16']()[1], want), 'not exact'
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
base = np.array(cpu['feats @ q, float32 in memory'])
new = not OUT.exists()
with open(OUT, 'a', newline='') as f:
    out = csv.writer(f)
    if new: out.writerow('what,rows,numbers,runs,cpu seconds,lowest,highest,wall seconds,ratio to feats @ q,ratio lowest,ratio highest,memory MB,disk MB,machine,torch,date'.split(','))
    meta = [f'{machine()}, {os.cpu_count()} cores, 1 thread', torch.__version__.split('+')[0], datetime.date.today().isoformat()]
    out.writerow(['Gallery.load', N, D, 1, round(load, 3), '', '', round(load_wall, 3), '', '', '', round(mb['Gallery.load']), round(disk), *meta])
    for k in ways:
        c = np.array(cpu[k]); r = c/base
        out.writerow([k, N, D, RUNS, *(round(float(o), 4) for o in (np.median(c), c.min(), c.max(), np.median(wall[k]))),
                      *(round(float(o), 3) for o in (np.median(r), r.min(), r.max())), round(mb[k]) if k in mb else round(4*N*D/2**20), '', *meta])
print(pd.read_csv(OUT).tail(len(ways) + 1).drop(columns=['machine', 'torch', 'date']).to_string())
