"""Make a table of the results pages again: rows with provenance are appended to a file in nbs/results.

    python tools/lab.py TABLE [--seeds 1,2] [--rows "official; best"] [--work lab] [--workers 1]

Trainings (scratch, scratch-sweep, scratch-conditions, imagenet, imagenet-conditions, and on a GPU paper-size)
are `fire2_train` runs and go to runs.csv, as do `evidence`, `more-people` and `controls`; `whitenings` takes the trained networks below --work;
`people`, `overhead`, `export` and `demo` have files of their own. A training that is in the file is not made again."""
import argparse, csv, datetime, json, os, re, shlex, subprocess, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

root = Path(__file__).parents[1]
results = root/'nbs/results'

# ---- what is run
VALUES = {'identity': 'terms=', '+ triplet': 'terms=tri', '+ FFM': 'terms=tri,attr', '+ FAR': 'terms=tri,far',
          'official': '', 'fixed': '', 'best': '',
          'random clusters': 'clusters=shuffled', 'true outfits': 'clusters=outfits',
          'siblings out': 'denom=others', 'donors: people': 'donors=person', 'moments kept': 'rebuild_opt=0',
          'official, whitened': 'whiten=3', '+ triplet, whitened': 'terms=tri whiten=3',
          'best, from scratch': 'recolour=.5 rebuild_opt=0 whiten=3',
          'best, not recoloured': 'whiten=3 rebuild_opt=0',
          'network, identity alone': 'terms=', 'network, clothes alone': 'terms='}
COLOURS = [f'+ triplet, {c}' for c in ('jitter', 'grey', 'one mixture', 'cuts anywhere')]  # `colour_form`
VALUES |= {'+ triplet from epoch 1': 'terms=tri early=tri'}
VALUES |= {r: 'terms=tri' for r in ('+ CAL', '+ CAL, mined', *COLOURS)}          # and page 825's callback
KEPT = ['identity', '+ triplet', '+ FFM', '+ FAR', 'random clusters', 'true outfits']
VALUES |= {f'{r}, moments kept': f'{VALUES[r]} rebuild_opt=0' for r in KEPT}
VALUES |= {f'{r}, recoloured': f'{VALUES[r]} recolour=.5 rebuild_opt=0' for r in KEPT}
SWEEP = dict(attr_eps=(0, .5, 1), tau=(1/4, 1/64), w_far=(1, 3), n_parts=(1, 4), k=(2, 3), eps=(.2, .6))
VALUES |= {f'{k}={v}': f'{k}={v}' for k, vs in SWEEP.items() for v in vs}
EVIDENCE = ['+ triplet', 'official', 'best', '+ triplet, recoloured', *COLOURS, '+ FFM', '+ FAR',
            'true outfits', 'random clusters', 'identity', '+ CAL', '+ CAL, mined', '+ triplet from epoch 1']
DECIDE = ['+ triplet', 'official', 'best', 'identity']
FRESH, MOBILE, LITE = range(11, 21), 'arch=mobilenet_v2', 'arch=timm/tf_efficientnet_lite0'
THREE = ['identity', '+ triplet', 'official']
MAIN = [*KEPT, 'official', 'fixed', 'moments kept', 'siblings out', 'donors: people',
        '+ triplet, moments kept', 'identity, moments kept', '+ triplet, whitened', 'official, whitened']

def first(n): return range(1, n + 1)
def jobs(rows, seeds, preset='demo', people='', values='', weights='', amp=''):
    "A dict for each row and seed"
    def named(r): return f'{preset},{r}' if r in ('fixed', 'best') else preset      # rows that are a preset
    def valued(r): return ' '.join(dict.fromkeys(f'{VALUES[r]} {values}'.split()))     # each once
    same = dict(people=people, weights=weights, amp=amp)
    return [dict(row=r, seed=s, preset=named(r), values=valued(r)) | same for s in seeds for r in rows]

ImageNet = dict(preset='pretrained', values='arch=mobilenet_v2')
SHORT = dict(preset='pretrained', values='arch=mobilenet_v2 epochs=5 e0=2 warmup=1 milestones=4')
MEDIUM = dict(preset='pretrained,medium', people='medium')
LARGE = dict(preset='pretrained', values='size=256,128')
SHARED = dict(people='wardrobe=shared')
# of fire2_train synth --people wardrobe=uniform --seed 201 --set "terms=" --out runs/uniform
UNIFORM = 'runs/uniform/last.safetensors'
TABLES = {
    'scratch': [*jobs(MAIN, first(5)), *jobs(['official', 'official, whitened'], range(6, 11))],
    'scratch-sweep': jobs(['official', *(f'{k}={v}' for k in SWEEP for v in SWEEP[k])], range(101, 106)),
    'scratch-conditions': [
        *jobs(THREE, first(8), **SHARED), *jobs(['random clusters'], range(4, 9), **SHARED),
        *jobs(THREE, first(5), values='e0=14'), *jobs(THREE, first(5), people='favourite=.8'),
        *jobs(THREE, first(5), weights=UNIFORM), *jobs(THREE, first(3), people='ltcc')],
    'imagenet': [
        *jobs(['official', 'moments kept', 'best'], first(10), **ImageNet),
        *jobs([*KEPT, 'fixed'], first(5), **ImageNet), *jobs(['best, from scratch'], first(10)),
        *jobs([f'{r}, recoloured' for r in KEPT[1:5]], first(3), **ImageNet)],
    'imagenet-conditions': [
        *jobs(['official', 'random clusters', 'best'], first(3), **SHARED, **ImageNet),
        *jobs(['+ triplet'], [1], **SHARED, **ImageNet), *jobs(['official', '+ triplet'], first(5), **LARGE),
        *jobs(['official', 'best'], [1], people='ltcc', **SHORT),
        *jobs(['best'], first(3), preset='pretrained', values='arch=mobilenet_v2 size=256,128'),
        *jobs(['official', 'best, not recoloured', 'best'], [101, 102], **MEDIUM)],
    'evidence': [*(j for people, rows in (('textured', EVIDENCE), ('', EVIDENCE), ('wardrobe=grey', [*DECIDE, 'random clusters']))
                   for s in FRESH for j in jobs(rows, [s], 'pretrained', people, f'{MOBILE} rebuild_opt=0')),
                 *jobs(DECIDE, FRESH, 'pretrained', 'textured', f'{LITE} rebuild_opt=0')],
    'paper-size': jobs(['official', 'best'], [1], 'official', 'ltcc', weights='none', amp='bf16'),   # for a GPU
    'controls': [
        *jobs(['network, identity alone'], first(3), people='wardrobe=uniform'),
        *jobs(['network, clothes alone'], first(3), people='bodies=same')]}

# ---- rows of a file
PROTOCOLS = dict(cc='cloth-changing', std='standard')
FIGURES = {f'{p} {k}': (name, k) for p, name in PROTOCOLS.items() for k in ('mAP', 'R1', 'mINP')}
def scores(res): return {c: res[name][k] for c, (name, k) in FIGURES.items()}

KEY = 'suite row seed command data whitening'.split()
def key(row): return tuple(str(row.get(k, '')) for k in KEY)
def known(file): return {key(r) for r in csv.DictReader(open(results/file, newline=''))}

def append(file, rows):
    "Add `rows` to a results file, under its own header; a row that was there is replaced"
    with open(results/file, newline='') as f: columns, *old = csv.reader(f)
    new = {key(r) for r in rows} if 'row' in columns and 'question' not in columns else ()
    old = [r for r in (dict(zip(columns, o)) for o in old) if key(r) not in new]
    with open(results/file, 'w', newline='') as f:
        w = csv.DictWriter(f, columns, extrasaction='ignore', lineterminator='\n')
        w.writeheader(); w.writerows([*old, *rows])

def provenance():
    "Commit and date of a measurement; a + where the package has changes"
    def git(*a): return subprocess.run(['git', *a], capture_output=True, text=True, cwd=root).stdout.strip()
    changed = '+'*bool(git('status', '--porcelain', 'fire2'))
    return dict(commit=git('rev-parse', '--short', 'HEAD') + changed, date=datetime.date.today())

# ---- trainings
def command(job):
    "The command of a row, as runs.csv keeps it"
    opts = f' --people "{job["people"]}"'*bool(job['people'])
    opts += f' --weights {job["weights"]}'*bool(job['weights'])
    opts += f' --amp {job["amp"]}'*bool(job['amp'])
    opts += f' --preset {job["preset"]}'*(job['preset'] != 'demo')
    values = f' --set "{job["values"]}"'*bool(job['values'] or not job['amp'])
    return f'fire2_train synth --seed {job["seed"]}{opts}{values}'

def folder(job, work): return work/'runs'/re.sub('[^a-z0-9.=,]+', '_', command(job).split(' ', 2)[2].lower())

def train(job, work, device, stage1=None):
    "The finished run folder of a job; `stage1`: a run with the same stage 1"
    run = folder(job, work)
    if not (run/'metrics.json').exists():
        words, more = shlex.split(command(job)), ['--out', run, '--device', device]
        if (run/'state.pt').exists(): words, more = words[:2], [*more, '--resume']
        elif stage1:
            more += ['--stage1', stage1]
            run.mkdir(parents=True, exist_ok=True)
            (run/'data').symlink_to(stage1/'data')
        subprocess.run([*words, *map(str, more)], check=True)
        for f in run.glob('state*.pt'): f.unlink()
    return run

def whitened(net, bm):
    "Evaluate `net` after whitening by the scatter of each person's training images, as `best` does"
    import torch, torch.nn.functional as F
    from fire2.all import between_whitening, evaluate, extract_features
    net.set_whiten(None)
    x = F.normalize(extract_features(net, bm.train, show=False).float().cpu())
    net.set_whiten(between_whitening(x, torch.tensor(bm.train.pid.to_numpy())))
    return evaluate(net, bm).T

def colour_form(row):
    "The batch transform of a row whose colours change otherwise than in `best`"
    import torch
    from fire2.data.transforms import Recolour
    from torchvision.transforms import v2
    class EachImage(Recolour):
        def __init__(self, f): super().__init__(); self.f = f
        def enc(self, x): return torch.stack([self.f(image) for image in x])
    if 'jitter' in row: return EachImage(v2.ColorJitter(.4, .4, .4, .5))
    if 'grey' in row: return EachImage(v2.RandomGrayscale(.5))
    return Recolour(.5, cuts=((0., .45), (.45, 1.)) if 'anywhere' in row else ((0., 0.),))

def in_process(job, base, a):
    "Train a row that no option names, from the config and data of the run `base`: its network and its people"
    from fire2 import run as runs
    from fire2.callback.cal import CAL
    cfg = runs.run_config(base)
    bm = runs.open_config(cfg, base)
    learn, cal = runs.make_learner(cfg, a.work/'in-process', bm), 'CAL' in job['row']
    if cal: learn.add_cb(CAL(cfg.recipe.e0, None if 'mined' in job['row'] else bm.train.clothid))
    else: learn.dls.loaders[0].after_batch.add(colour_form(job['row']))
    with learn.no_bar(), learn.no_logging(): learn.fit_fire2(stage1=base if cal else None)
    return learn.model, bm

def by_person(net, bm):
    "Cloth-changing mAP of each test person, in the order of their ids: for intervals over people"
    from fire2.evaluate import embed_protocols
    from fire2.queries import query_table
    p = bm.protocols[0]
    t = query_table(embed_protocols(net, p), p)
    return ' '.join(f'{x:.1f}' for x in t.groupby('pid').AP.mean())

def ask(net, job, a):
    "The probe's answers of a network, into probe.csv"
    from fire2.all import probe
    t = probe({job['row']: net}, images=a.work/'probe').table
    about = dict(suite='evidence', seed=1, row=job['row'], command=f'fire2_probe RUN of: {command(job)}')
    append('probe.csv', [r | about | provenance() for r in t.reset_index().to_dict('records')])

def measured(row, net, bm): return row | dict(people=by_person(net, bm)) | provenance()

def evidence(a):
    "Fresh seeds; stage 1 is the triplet row's where the colours are the same; each network is whitened too"
    from fire2 import run as runs
    from fire2.all import evaluate, load_net
    done = {key(r) for r in csv.DictReader(open(results/'runs.csv', newline='')) if r['people']}
    for job in TABLES['evidence']:
        row = named('evidence', job)
        wanted = (not a.seeds or job['seed'] in a.seeds) and (not a.rows or job['row'] in a.rows)
        if key(row) in done or not wanted or not re.search(a.match, command(job)): continue
        arch = LITE if LITE in job['values'] else MOBILE
        start = jobs(['+ triplet'], [job['seed']], 'pretrained', job['people'], f'{arch} rebuild_opt=0')[0]
        if 'CAL' in job['row'] or job['row'] in COLOURS:
            net, bm = in_process(job, train(start, a.work, a.device), a)
            row |= scores(evaluate(net, bm).T)
        else:
            own_stage1 = job['row'] in ('+ triplet', '+ triplet from epoch 1', 'best', '+ triplet, recoloured')
            run = train(job, a.work, a.device, None if own_stage1 else train(start, a.work, a.device))
            row = line('evidence', job, run)
            bm, net = runs.open_config(runs.run_config(run), run), load_net(run/'last.safetensors')
        rows = [measured(row, net, bm)]
        if job['seed'] == 15: ask(net, job, a)
        if job['row'] != 'best':
            white = named('evidence', job) | dict(row=f'{job["row"]}, whitened') | scores(whitened(net, bm))
            rows.append(measured(white, net, bm))
        append('runs.csv', rows)                                      # both or none

def named(suite, job, **kw):
    "What a row is known by"
    data = job['people'] + ', EfficientNet-lite0'*(suite == 'evidence' and LITE in job['values'])
    return dict(suite=suite, row=job['row'], seed=job['seed'], command=command(job), data=data) | kw

def line(suite, job, run):
    "The row of runs.csv for a finished run"
    m = json.loads((run/'metrics.json').read_text())
    last = list(csv.DictReader(open(run/'history.csv', newline='')))[-1]
    clusters = {k: x for k, x in last.items() if re.match('clusters|per_id|singletons|churn|nmi_|purity_', k)}
    about = {k: m['versions'][k] for k in ('device', 'torch', 'fire2')}
    about |= dict(threads=os.environ['OMP_NUM_THREADS'], seconds=m['seconds']) | provenance()
    return named(suite, job) | scores(m['last']) | clusters | about

def trainings(suite, a):
    "Run what is missing of a table, some seeds at a time"
    done, todo = known('runs.csv'), TABLES[suite]
    if a.seeds: todo = [j for j in todo if j['seed'] in a.seeds]
    if a.rows: todo = [j for j in todo if j['row'] in a.rows]
    todo = [j for j in todo if key(named(suite, j)) not in done]
    def all_of(seed):
        for j in todo:
            if j['seed'] == seed: append('runs.csv', [line(suite, j, train(j, a.work, a.device))])
    with ThreadPoolExecutor(a.workers) as pool: list(pool.map(all_of, dict.fromkeys(j['seed'] for j in todo)))

# ---- other measurements on rendered people
def whitenings(a):
    "Whiten every trained network below --work by several scatters, and evaluate it"
    import torch, torch.nn.functional as F
    from fire2 import run as runs
    from fire2.agreement import shuffle_within
    from fire2.all import between_whitening, cluster_identities, evaluate, extract_features, load_net
    done = known('whitenings.csv')
    for job in TABLES['imagenet']:
        run = folder(job, a.work)
        if not (run/'metrics.json').exists(): continue
        net, bm = load_net(run/'last.safetensors'), runs.open_config(runs.run_config(run), run)
        net.set_whiten(None)
        x = F.normalize(extract_features(net, bm.train, show=False).float().cpu())
        pid, outfit = (torch.tensor(bm.train[k].to_numpy()) for k in ('pid', 'clothid'))
        mined = cluster_identities(x, pid, eps=.5, k1=8).labels
        ways = {'nothing': None, 'all images of a person': (None, 3.), 'between mined clusters': (mined, 50.),
                'between random clusters': (shuffle_within(mined, pid), 50.),
                'between true outfits': (outfit, 50.)}
        for name, way in ways.items():
            row = named('imagenet', job, whitening=name)
            if key(row) in done: continue
            net.set_whiten(between_whitening(x, pid, *way) if way else None)
            shrink = dict(shrink=way and way[1])
            append('whitenings.csv', [row | scores(evaluate(net, bm).T) | provenance() | shrink])

def people(a, n=8):
    "Embeddings of some test people by `official` and by `best` of seed 1, for the picture that explains it"
    import numpy as np, pandas as pd, torch.nn.functional as F
    from torch.linalg import svd
    from fire2 import run as runs
    from fire2.all import embed_protocols, load_net
    out = {}
    for key, row in (('before', 'official'), ('after', 'best')):
        run = train(jobs([row], [1], **ImageNet)[0], a.work, a.device)
        p = runs.open_config(runs.run_config(run), run).protocols[0]
        seen = pd.concat([p.query, p.gallery]).drop_duplicates('path')
        seen = seen[seen.pid.isin(sorted(seen.pid.unique())[:n])]
        x = F.normalize(embed_protocols(load_net(run/'last.safetensors'), p)[seen].float().cpu())
        out[key] = F.normalize(x @ svd(x, full_matrices=False)[2][:32].T).half().numpy()        # 32 directions
    np.savez_compressed(results/'best_people.npz', pid=pd.factorize(seen.pid)[0], outfit=seen.clothid, **out)

def more_people(a):
    "Train on 40, 100 and 300 people, and evaluate on other people, clothes and cameras"
    from fire2.all import evaluate, load_net, synth_benchmark
    VALUES.update({f'{n} people': '' for n in (40, 100, 300)})
    for n in (40, 100, 300):
        wide = f'n_ids={n} n_outfits=6 n_cams=8 n_seen=2 n_views=2'
        job = jobs([f'{n} people'], [1], 'pretrained,best', wide, 'arch=mobilenet_v2')[0]
        net = load_net(train(job, a.work, a.device)/'last.safetensors')
        for name, kw in (('own wardrobes', {}), ('one wardrobe', dict(wardrobe='shared'))):
            for seed in (201, 202, 203):
                other = synth_benchmark(a.work/f'other-{name.split()[0]}-{seed}', seed=seed, n_ids=1, **kw)
                row = named('more-people', job, data=f'{name}, seed {seed}')
                append('runs.csv', [row | scores(evaluate(net, other).T) | provenance()])

def controls(a):
    "What chance, colours and an untrained network reach, and networks that see only bodies or only clothes"
    import numpy as np, torch
    from PIL import Image
    from fire2.all import FIRe2Net, extract_features, reid_metrics, synth_benchmark
    def colours(path):
        "Colours of six stripes, square roots of their shares"
        x = np.asarray(Image.open(path).convert('RGB'))//64 @ [16, 4, 1]
        stripes = [np.bincount(s.ravel(), minlength=64)/s.size for s in np.array_split(x, 6)]
        return np.concatenate(stripes)**.5
    def edges(path):
        "Directions of edges in six stripes, square roots of their shares"
        y, x = np.gradient(np.asarray(Image.open(path).convert('L'), 'f4'))
        way = (np.arctan2(y, x) % np.pi*8/np.pi).astype(int) % 8
        parts = zip(*(np.array_split(o, 6) for o in (way, np.hypot(x, y))))
        stripes = [np.bincount(w.ravel(), m.ravel(), 8)/(m.sum() + 1e-6) for w, m in parts]
        return np.concatenate(stripes)**.5
    done = known('runs.csv')
    for scale, seed in ((p, s) for p in ('small', 'textured') for s in a.seeds or first(5)):
        bm, rng = synth_benchmark(a.work/f'people-{scale}-{seed}', scale=scale, seed=seed), np.random.default_rng(seed)
        torch.manual_seed(seed)
        net = FIRe2Net(bm.n_ids, 'tiny', size=(64, 32))
        pre = FIRe2Net(bm.n_ids, 'mobilenet_v2', 'imagenet', size=(128, 64))
        ways = {'chance': lambda paths: rng.normal(size=(len(paths), 512)),
                'colour histogram': lambda paths: np.stack([colours(p) for p in paths]),
                'edge histogram': lambda paths: np.stack([edges(p) for p in paths]),
                'untrained network': lambda paths: extract_features(net, paths, show=False).cpu().numpy(),
                'MobileNetV2 from ImageNet': lambda paths: extract_features(pre, paths, show=False).cpu().numpy()}
        for name, features in ways.items():
            row, res = dict(suite='controls', row=name, seed=seed, data='textured'*(scale == 'textured')), {}
            if key(row) in done: continue
            for p in bm.protocols:
                q, g = (torch.tensor(np.array(features(d.path.tolist()))) for d in (p.query, p.gallery))
                m = reid_metrics(q.float(), g.float(), p.query, p.gallery, p.drop)
                found = dict(mAP=m.mAP, R1=m.cmc[0], mINP=m.mINP)
                res[p.name] = {k: round(100*float(v), 2) for k, v in found.items()}
            append('runs.csv', [row | scores(res) | provenance()])
        row = dict(suite='controls', row='clothes told apart by their colours', seed=seed, data=scale)
        if key(row) not in done: append('runs.csv', [row | told_apart(bm) | provenance()])
    trainings('controls', a)

def told_apart(bm):
    "Share of the test people's outfits whose colours are nearest to their own from another side, without a camera"
    import numpy as np
    from fire2.all import load_truth
    from fire2.data.body import draw_person
    from fire2.data.canvas import PART
    from fire2.data.people import Outfit, Person, Textured, View
    from dataclasses import fields
    d = load_truth(bm.root)
    d = d[d.split == 'query'].drop_duplicates(['pid', 'outfit'])
    def made(cls, r, what):
        def value(v): return tuple(int(v[i:i+2], 16)/255 for i in (1, 3, 5)) if str(v).startswith('#') else v
        return cls(**{f.name: value(r[f'{what}_{f.name}']) for f in fields(cls)})
    kind = Textured if 'outfit_weave' in d else Outfit
    def colours(r, azimuth):
        cv = draw_person(made(Person, r, 'person'), made(kind, r, 'outfit'), View.draw(0, azimuth=azimuth, cover=0.))
        worn = cv.rgb[np.isin(cv.part, [PART.top, PART.bottom, PART.shoes, PART.hat, PART.bag])]
        x = (worn.clip(0, .999)*4).astype(int) @ [16, 4, 1]
        return (np.bincount(x, minlength=64)/len(x))**.5
    rows = d.to_dict('records')
    front, side = (np.stack([colours(r, a) for r in rows]) for a in (.3, 2.))
    return dict(purity_outfit=round(float(((front @ side.T).argmax(1) == np.arange(len(rows))).mean()), 3))

# ---- costs, exports, the README's command
def overhead(a, pairs=8):
    "Processor time of epochs with checked state files beside epochs whose state is only saved"
    import numpy as np, torch
    from unittest import mock
    from fire2.all import fire2_learner, reid_dls, synth_benchmark
    from fire2.callback import state
    torch.set_num_threads(1)
    def learner(bm, d, arch, size, **kw):
        dls = reid_dls(bm, 32, 4, size, num_workers=0, device='cpu', seed=0)
        once = dict(e0=0, warmup=0, epochs=1, eval_every=0)
        return fire2_learner(dls, arch, 'demo', weights='none', path=d, **once, **kw)
    def cost(learn, safe):
        write = state.write_state if safe else lambda path, s, keep=None: torch.save(s, path)
        with mock.patch.object(state, 'write_state', write), learn.no_bar(), learn.no_logging():
            t = time.process_time()
            learn.fit_fire2()
        return time.process_time() - t
    sizes = {'tiny 64×32': dict(arch='tiny', size=(64, 32)),
             'mobilenet_v2 128×64': dict(arch='mobilenet_v2', size=(128, 64), freeze=4)}
    for name, kw in sizes.items():
        with tempfile.TemporaryDirectory() as d:
            bm = synth_benchmark(Path(d)/'people', size=kw['size'], seed=0)
            bm.protocols = []
            plain, safe = learner(bm, d, **kw), learner(bm, d, **kw)
            t = np.array([(cost(plain, False), cost(safe, True)) for _ in range(pairs + 1)])[1:]
            ratio, mb = t[:, 1]/t[:, 0], (Path(d)/'state.pt').stat().st_size/1e6
        took = dict(zip(('plain_s', 'safe_s'), t.mean(0).round(3)))
        slower = dict(ratio=ratio.mean().round(4), ratio_se=(ratio.std(ddof=1)/pairs**.5).round(4))
        about = dict(pairs=pairs, threads=1, torch=torch.__version__, device=os.uname().machine)
        row = dict(suite='overhead', row=name, epochs=1, state_mb=round(mb, 1))
        append('timings.csv', [row | took | slower | about | provenance()])

def export(a):
    "Does an exported file give the network's numbers? Random weights, norms that know the images"
    import numpy as np, onnxruntime, timm, torch
    from PIL import Image
    from fire2.all import FIRe2Net, between_whitening, export_net, extract_features, synth_benchmark
    archs = ['resnet50', 'mobilenet_v2']
    archs += [f'timm/{a}' for a in ('tf_efficientnet_lite0', 'vit_tiny_patch16_224', 'convnext_atto')]
    size, ends = (128, 64), dict(onnx='.onnx', torch='.pt2')
    versions = dict(torch=torch.__version__, timm=timm.__version__, onnxruntime=onnxruntime.__version__)
    with tempfile.TemporaryDirectory() as d:
        few = dict(n_ids=2, n_test_ids=4, n_outfits=2, n_cams=2, n_views=2)
        bm = synth_benchmark(f'{d}/people', size=size, **few)
        images = bm.protocols[0].gallery.path.tolist()[:12]
        x = torch.tensor(np.stack([np.asarray(Image.open(p).convert('RGB')) for p in bm.train.path]))
        x = x.permute(0, 3, 1, 2)/255
        pid, outfit = (torch.tensor(bm.train[k].to_numpy()) for k in ('pid', 'clothid'))
        for arch in archs:
            torch.manual_seed(0)
            net = FIRe2Net(2, arch, size=size).train()
            with torch.no_grad():
                for _ in range(30): net(x)
            W = between_whitening(extract_features(net.eval(), bm.train, show=False), pid, outfit, shrink=1.)
            for white, to in ((w, to) for w in (False, True) for to in ends):
                net.set_whiten(W if white else None)
                t, f = time.process_time(), Path(d)/f'net{ends[to]}'
                got = export_net(net, f, images, to)
                cost = dict(MB=round(f.stat().st_size/1e6, 1), seconds=round(time.process_time() - t, 1))
                row = dict(arch=arch, whitened=white, to=to) | got
                row['batches'] = ' '.join(map(str, got['batches']))
                append('export.csv', [row | cost | versions | provenance()])

def demo(a):
    "README's command, timed: its figures as json"
    what = 'fire2_train synth --people medium --preset pretrained,best,medium'
    run, t = a.work/'demo', time.time()
    subprocess.run([*what.split(), '--out', str(run)], check=True)
    m = json.loads((run/'metrics.json').read_text())
    keep = {k: m[k] for k in ('epochs', 'seconds', 'versions', 'untrained', 'last')}
    out = dict(command=what, wall_seconds=round(time.time() - t, 1), cores=os.cpu_count(), seed=42)
    out |= keep | provenance()
    (results/'demo_medium.json').write_text(json.dumps(out, indent=1, default=str))

def main():
    others = {'evidence': evidence, 'whitenings': whitenings, 'people': people, 'more-people': more_people, 'controls': controls,
              'overhead': overhead, 'export': export, 'demo': demo}
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('table', choices=[*TABLES, *(k for k in others if k not in TABLES)], metavar='TABLE')
    p.add_argument('--seeds', type=lambda s: [*map(int, s.split(','))], help='only these: 1,2')
    p.add_argument('--rows', type=lambda s: s.split('; '), help='only these: "identity; + triplet"')
    p.add_argument('--match', default='', help='evidence: only commands with this expression: textured|grey')
    p.add_argument('--work', type=Path, default=Path('lab'), help='folder of runs; a new one for other code')
    p.add_argument('--workers', type=int, default=1, help='seeds at a time')
    p.add_argument('--device', default='cpu')
    a = p.parse_args()
    a.work = a.work.resolve()
    os.environ.setdefault('OMP_NUM_THREADS', '1')
    if a.table in others: others[a.table](a)
    else: trainings(a.table, a)

if __name__ == '__main__': main()
