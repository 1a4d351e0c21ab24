"""How far rendered people carry: train on more and more of them, and look at *other* renderings.

    python tools/grow.py nbs/results/grow.csv --work grow --people 40,100,300 --set arch=mobilenet_v2

Training people have more outfits and cameras than those of the demo (`WIDE`). The test renderings have other people, other clothes and
other cameras (seeds of their own), with wardrobes of their own and, the harder case, one wardrobe shared by all. One line for every
network and rendering; 0 people is the network before training. A line that is there is not made again. Weights and a model card stay below --work."""
import argparse, csv, subprocess
from pathlib import Path
import pandas as pd, torch
import rows
from fire2 import run as runs, __version__
from fire2.data.synth import synth_benchmark
from fire2.evaluate import evaluate
from fire2.models import FIRe2Net, load_net

WIDE = 'n_outfits=6 n_cams=8 n_seen=2 n_views=2'
OTHERS = {'own wardrobes': {}, 'one wardrobe': dict(wardrobe='shared')}
COLS = ['people', 'images', 'seed', 'preset', 'values', 'rendering', 'other seed', *rows.SCORES, 'seconds', 'device', 'threads', 'torch', 'fire2', 'commit']

CARD = """# fire2, {people} rendered people

A network for cloth-changing person re-identification, trained by fire2 {fire2} ({commit}) on **rendered people only**: for tests, for
teaching, and as a beginning for a training on photographs.

- **What it is**: {arch} from {start}, then {people} people in {images} images ({wide}), seed {seed}, `--preset {preset}
  --set "{values}"`. The labels were person ids. {seconds} seconds on {device}, torch {torch}.
- **How good**: on other renderings (people, clothes and cameras of other seeds), mean of {n}, per cent; cc is the cloth-changing protocol:

{table}

- **What is not known**: how it fares on photographs. Real people have been seen by the ImageNet features alone. Expect it to do badly, and
  not equally badly for everybody: the rendered people have a palette of skin and hair and no faces.
- **What it must not be used for**: to find, follow or exclude people, to decide anything about them, or as evidence of who somebody is.
- **Loading** executes nothing: `load_net('last.safetensors')`.
"""

def start(cfg): return 'none' if cfg.recipe['arch'].startswith('tiny') else 'imagenet'

def learn(job, people):
    "The run folder of a training on so many people, trained unless it is there"
    run = rows.folder('runs', job['work'], people, job['seed'], job['base'], job['values'])
    run = run.with_name(f"{people}-{job['seed']}-{run.name}")                # other recipe values, another folder
    if not (run/'last.safetensors').exists() or (run/'state.pt').exists():
        rows.people(**job); rows.train(rows.config(**job), run); (run/'state.pt').unlink()
    return run

def lines(job, people, others):
    "A dict for every other rendering"
    cfg, images, seconds = rows.config(**job), 0, 0
    if people:
        run = learn(job, people); net = load_net(run/'last.safetensors')
        images, seconds = len(runs.open_config(cfg, run).train), round(runs.read_history(run).seconds.sum())
    else: net = FIRe2Net(2, cfg.recipe['arch'], start(cfg), cfg.recipe['size'])
    git = subprocess.run(['git', 'rev-parse', '--short', 'HEAD'], capture_output=True, text=True, cwd=Path(__file__).parent).stdout.strip()
    about = dict(people=people, images=images, seed=cfg.seed, preset=job['base'], values=job['values'], seconds=seconds, threads=torch.get_num_threads(),
                 device=runs.versions()['device'], torch=torch.__version__, fire2=__version__, commit=git)
    for rendering, kw in OTHERS.items():
        for s in others:
            res = evaluate(net, synth_benchmark(job['work']/f"other-{rendering.split()[0]}-{s}", seed=s, n_ids=1, **kw))
            yield about | {'rendering': rendering, 'other seed': s} | {c: res[k][p] for c, (p, k) in rows.SCORES.items()}

def card(run, out):
    "A model card beside the weights"
    d = pd.DataFrame(out); a = d.iloc[0]
    cfg = runs.run_config(run)
    table = d.groupby('rendering')[[*rows.SCORES]].mean().round(1).to_string()
    (run/'MODEL_CARD.md').write_text(CARD.format(**a, arch=cfg.recipe['arch'], start=dict(none='noise', imagenet='ImageNet weights')[start(cfg)], wide=WIDE, n=d['other seed'].nunique(),
                                                 table='    ' + table.replace('\n', '\n    ')))

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('out', type=Path, help='csv to add to'); p.add_argument('--work', type=Path, required=True, help='folder for people and runs')
    p.add_argument('--people', default='0,40,100,300', help='how many to train on; 0: the network before training')
    p.add_argument('--seed', type=int, default=1); p.add_argument('--others', default='201-203', help='seeds of the other renderings')
    p.add_argument('--preset', default='pretrained,best'); p.add_argument('--set', default='', help='recipe values'); p.add_argument('--device', default='cpu')
    a = p.parse_args()
    done = {(r['people'], r['seed'], r['preset'], r['values']) for r in csv.DictReader(open(a.out))} if a.out.exists() else set()
    for n in rows.numbers(a.people):
        if (str(n), str(a.seed), a.preset, a.set) in done: continue
        job = dict(row='', seed=a.seed, values=a.set, data=f'n_ids={n} {WIDE}' if n else '', work=a.work.resolve(), device=a.device, base=a.preset)
        out = []
        for line in lines(job, n, rows.numbers(a.others)): out.append(line); print(n, line['rendering'], line['other seed'], line['cc mAP'], flush=True)
        rows.append(a.out, COLS, out)
        if n: card(learn(job, n), out)

if __name__ == '__main__': main()
