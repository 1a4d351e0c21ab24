"""A command of the README, run and timed: its figures as json, and what its network finds as a picture.

    python tools/demo.py nbs/results/demo_medium.json --picture nbs/images/ranks.png -- synth --people medium --preset pretrained,best,medium

What follows -- is given to fire2_train. The picture has queries spread evenly over the table: on the left the ranking of the network before
training, on the right the one after."""
import argparse, io, json, os, subprocess, tempfile, time
from pathlib import Path
import numpy as np
from PIL import Image
from fire2 import run as runs
from fire2.all import *

def panel(emb, p, i, title):
    "One ranking as an image, without the images that the protocol drops"
    fig = show_ranks(emb, p, i, k=7, max_dropped=0, imsize=.8)
    fig.legends.clear(); fig.text(.01, 1.02, title, fontsize=9, va='bottom', weight='bold')
    for ax in fig.axes:
        for t in ax.texts: t.set_visible('dropped' not in t.get_text())
    fig.savefig(buf := io.BytesIO(), dpi=75, bbox_inches='tight', pad_inches=.08)
    return Image.open(buf).convert('RGB')

def picture(run, file, n=3):
    "Some queries of the first protocol: left the ranking before training, right the one after"
    cfg = runs.run_config(run)
    p, r = runs.open_config(cfg, run).protocols[0], cfg.recipe
    nets = {'before training': FIRe2Net(2, r['arch'], 'none' if r['arch'].startswith('tiny') else 'imagenet', r['size']),
            f"after {r['epochs']} epochs": load_net(run/'last.safetensors')}
    embs = {k: embed_protocols(net, p) for k, net in nets.items()}
    rows = [[panel(emb, p, i, k*(not j)) for k, emb in embs.items()] for j, i in enumerate(np.linspace(0, len(p.query) - 1, n + 2)[1:-1].astype(int))]
    hs, w = [max(im.height for im in row) for row in rows], max(im.width for row in rows for im in row) + 12
    out = Image.new('RGB', (w*len(embs), sum(hs)), 'white')
    for row, bottom in zip(rows, np.cumsum(hs)):
        for k, im in enumerate(row): out.paste(im, (k*w, int(bottom) - im.height))
    out.quantize(128).save(file, optimize=True)

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('out', type=Path, help='json to write'); p.add_argument('--picture', type=Path, help='png to write')
    p.add_argument('--run', type=Path, help='run folder, kept; a finished one is pictured and not run again')
    p.add_argument('train', nargs='+', help='for fire2_train, after --')
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as d:
        run = a.run or Path(d)/'run'
        if not (run/'metrics.json').exists():
            t = time.time(); subprocess.run(['fire2_train', *a.train, '--out', run], check=True); wall = round(time.time() - t, 1)
            m, cfg = runs.read_json(run/'metrics.json'), runs.run_config(run)
            a.out.write_text(json.dumps(dict(command=' '.join(['fire2_train', *a.train]), wall_seconds=wall, cores=os.cpu_count(), seed=cfg.seed) |
                                        {k: m[k] for k in ('epochs', 'seconds', 'versions', 'untrained', 'last')}, indent=1))
        if a.picture: picture(run, a.picture)

if __name__ == '__main__': main()
