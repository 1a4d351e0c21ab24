"""The ablation's driver: every row (a set of recipe values) with every seed, one line of a csv a finished run.

    python tools/rows.py nbs/results/rows.csv --work ~/rows --suite main --seeds 0-11 --workers 2

Each seed has rendered people of its own and one stage 1 that its rows share; both stay below --work, with the weights.
A run that has its line is not run again. On a CPU a line's `command`, by hand with OMP_NUM_THREADS=`threads`, trains
the same weights."""
import argparse, csv, datetime, hashlib, io, json, os, re, subprocess, sys, traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import redirect_stdout
from multiprocessing import get_context
from pathlib import Path
import torch
from fire2 import run as runs, __version__
from fire2.core import reuse_memory
from fire2.data.render import RENDERER
from fire2.data.synth import synth_benchmark
from fire2.evaluate import evaluate

MAIN = {'identity': 'terms=', '+ triplet': 'terms=tri', '+ FFM': 'terms=tri,attr', '+ FAR': 'terms=tri,far', 'official': '', 'fixed': '',
        'siblings out': 'denom=others', 'donors: people': 'donors=person', 'moments kept': 'rebuild_opt=0',
        '+ triplet, moments kept': 'terms=tri rebuild_opt=0', 'identity, moments kept': 'terms= rebuild_opt=0',
        'random clusters': 'clusters=shuffled', 'true outfits': 'clusters=outfits', 'best': '', '+ FFM, moments kept': 'terms=tri,attr rebuild_opt=0',
        '+ FAR, moments kept': 'terms=tri,far rebuild_opt=0', 'random clusters, moments kept': 'clusters=shuffled rebuild_opt=0',
        'true outfits, moments kept': 'clusters=outfits rebuild_opt=0', 'spread, moments kept': 'attr_eps=1 k1=8 small=clip rebuild_opt=0',
        '+ triplet, whitened': 'terms=tri whiten=3', 'recoloured': 'recolour=.5 rebuild_opt=0',
        '+ triplet, recoloured': 'terms=tri recolour=.5 rebuild_opt=0', 'identity, recoloured': 'terms= recolour=.5 rebuild_opt=0',
        '+ FFM, recoloured': 'terms=tri,attr recolour=.5 rebuild_opt=0', '+ FAR, recoloured': 'terms=tri,far recolour=.5 rebuild_opt=0',
        'random clusters, recoloured': 'clusters=shuffled recolour=.5 rebuild_opt=0', 'official, recoloured': 'recolour=.5', 'best, from noise': 'recolour=.5 rebuild_opt=0 whiten=3',
        'best, recolour=.25': 'whiten=3 recolour=.25 rebuild_opt=0', 'best, not recoloured': 'whiten=3 rebuild_opt=0'}
SWEEP = dict(attr_eps=(0, .5, 1), tau=(1/4, 1/64), w_far=(1, 3), n_parts=(1, 4), k=(2, 3), eps=(.2, .6))
SUITES = dict(main=MAIN, sweep={'official': ''} | {s: s for k, vs in SWEEP.items() for v in vs for s in [f'{k}={v}']},
              search={'official': '', 'moments kept': 'rebuild_opt=0', '16 people × 2': 'n_inst=2', '16 people × 2, moments kept': 'n_inst=2 rebuild_opt=0',
                      'one cluster a person': 'clusters=person', 'one cluster a person, moments kept': 'clusters=person rebuild_opt=0',
                      '16 × 2, one cluster a person, moments kept': 'n_inst=2 clusters=person rebuild_opt=0'})
def preset(row, base): return f'{base},{row}' if row in ('fixed', 'best') else base      # rows that are a preset

CLUSTERS = 'clusters per_id singletons churn nmi_outfit purity_outfit nmi_view purity_view nmi_camera purity_camera'.split()
SCORES = {f'{p} {k}': (protocol, k) for p, protocol in (('cc', 'cloth-changing'), ('std', 'standard')) for k in ('mAP', 'R1', 'mINP')}
KEY = ['row', 'seed', 'command', 'data']
LINE = KEY + [*SCORES, *CLUSTERS, *'seconds device threads torch fire2 renderer commit date'.split()]
EPOCH = ['row', 'seed', 'epoch', 'lr', 'train_loss', 'id', 'tri', 'attr', 'far', *CLUSTERS, 'cluster_s', 'seconds']

def name(row, seed, values, data, weights=None, base='demo', **_):
    "What a run is known by"
    opts = f' --people "{data}"'*bool(data) + f' --weights {weights}'*bool(weights) + (f' --preset {preset(row, base)}' if preset(row, base) != 'demo' else '')
    return dict(row=row, seed=seed, command=f'fire2_train synth --seed {seed}{opts} --set "{values}"', data=data)

def place(seed, data, work, **_): return work/f"people-{re.sub('[^a-z0-9.]+', '_', data) or 'small'}-{seed}"

def config(row, seed, values, work, device, data='', weights=None, base='demo', **_):
    "What fire2_train would write into config.json, but for evaluations before the last epoch"
    return runs.new_config('synth', place(seed, data, work), preset(row, base), f'{values} eval_every=0', weights=weights, val=0, seed=seed,
                          amp=None, num_workers=None, rerank=False, device=runs.pick_device(device))

def folder(kind, work, *what): return work/kind/hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:12]
def stage1(job): return folder('stage1', job['work'], RENDERER, job['data'], runs.stage1_part(config(**job)))

def people(seed, data, work, **_):
    "Render the people of a seed"
    return synth_benchmark(place(seed, data, work), seed=seed, **runs.parse_people(data))

def train(cfg, run):
    "Learner and benchmark after the run `cfg`"
    reuse_memory()
    with redirect_stdout(io.StringIO()):
        learn = runs.make_learner(cfg, run)
        runs.write_json(run/'config.json', dict(cfg, versions=runs.versions(), start=learn.started_from))
        with learn.no_bar(), learn.no_logging(): return learn.fit_fire2(stage1=cfg.get('stage1')), learn.dls.bm

def first(job):
    "The stage 1 of a row, unless it is there"
    cfg, run = config(**job), stage1(job)
    cfg.recipe.update(terms=(), epochs=cfg.recipe['e0'])
    if not (run/'stage1.pt').exists(): train(cfg, run)

def second(job):
    "The rest of a row: its line, and a line an epoch"
    cfg, me = config(**job), name(**job)
    cfg.stage1 = str(stage1(job)); runs.check_stage1(cfg)
    run = folder('runs', job['work'], me)
    learn, bm = train(cfg, run := run.with_name(f"{run.name}-{job['row']}-{job['seed']}"))
    (run/'state.pt').unlink()
    res, h, v = evaluate(learn, bm), learn.history.df, runs.versions()
    git = lambda *a: subprocess.run(['git', *a], capture_output=True, text=True, cwd=Path(__file__).parents[1]).stdout.strip()
    about = dict(device=v['device'], threads=torch.get_num_threads(), torch=v['torch'], fire2=__version__, renderer=RENDERER,
                 commit=git('rev-parse', '--short', 'HEAD') + '+'*bool(git('status', '--porcelain', 'fire2')), date=datetime.date.today())
    scores = {c: res[k][p] for c, (p, k) in SCORES.items()}
    return me | h.iloc[-1].round(4).to_dict() | scores | about | dict(seconds=round(h.seconds.sum(), 1)), [me | e for e in h.to_dict('records')]

def append(path, cols, rows):
    "Add `rows` to a csv"
    with open(path, 'a', newline='') as f:
        w = csv.DictWriter(f, cols, extrasaction='ignore', lineterminator='\n')
        if not f.tell(): w.writeheader()
        w.writerows(rows)

def numbers(s):
    "'0-3' or '0,2,5' as integers"
    lo, _, hi = s.partition('-')
    return range(int(lo), int(hi)+1) if hi else [*map(int, s.split(','))]

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('out', type=Path, help='csv to add to')
    p.add_argument('--history', type=Path, help='csv for a line an epoch')
    p.add_argument('--work', type=Path, required=True, help='folder for people, first stages and weights; a new one where the code has changed')
    p.add_argument('--suite', default='main', help=f"{', '.join(SUITES)}, or a json file: row -> recipe values")
    p.add_argument('--rows', help='only these: "identity; + triplet"')
    p.add_argument('--seeds', default='0-3', help='0-3 or 0,2,5')
    p.add_argument('--data', default='', help='of the people, as --people of fire2_train: "ltcc", "favourite=.5 n_outfits=5"')
    p.add_argument('--set', default='', help='recipe values of all rows: "size=64,32"')
    p.add_argument('--weights', help='to start from, as of fire2_train')
    p.add_argument('--preset', default='demo', help='of all rows: demo, from noise; pretrained, from ImageNet')
    p.add_argument('--workers', type=int, default=2); p.add_argument('--threads', type=int, default=1); p.add_argument('--device', default='cpu')
    a = p.parse_args()
    rows = SUITES[a.suite] if a.suite in SUITES else json.loads(Path(a.suite).read_text())
    rows = {r: rows[r] for r in (a.rows.split('; ') if a.rows else rows)}
    seeds = numbers(a.seeds)
    jobs = [dict(row=r, seed=s, values=f'{v} {a.set}'.strip(), data=a.data, work=a.work.resolve(), device=a.device, weights=a.weights, base=a.preset) for s in seeds for r, v in rows.items()]
    done = {tuple(r[k] for k in KEY) for r in csv.DictReader(open(a.out))} if a.out.exists() else set()
    jobs, bad = [j for j in jobs if tuple(map(str, name(**j).values())) not in done], 0
    os.environ['OMP_NUM_THREADS'] = str(a.threads)
    with ProcessPoolExecutor(a.workers, get_context('spawn'), torch.set_num_threads, (a.threads,)) as pool:
        for f in [pool.submit(people, **j) for j in {j['seed']: j for j in jobs}.values()]: f.result()
        for f in [pool.submit(first, j) for j in {stage1(j): j for j in jobs}.values()]: f.result()
        runs = {pool.submit(second, j): j for j in jobs}
        for i, f in enumerate(as_completed(runs), 1):
            try: line, epochs = f.result()
            except Exception: bad += 1; traceback.print_exc(); continue
            if a.history: append(a.history, EPOCH, epochs)
            append(a.out, LINE, [line])
            print(f"{i}/{len(runs)}  {line['row']}, seed {line['seed']}: cc mAP {line['cc mAP']}", flush=True)
    sys.exit(bad > 0)

if __name__ == '__main__': main()
