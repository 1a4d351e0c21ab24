"""Where the time of a training step of the preset pretrained goes on this machine, and what could be done to it: the network forward
and backward in several ways, and the batch beside it, as a ratio to the network as the preset has it. Needs an idle machine.

    python tools/step.py nbs/results/step.csv [medium]

All take turns, so that whatever else the machine does meets each; the median of the rounds counts. With `medium` it is a step of that preset,
128 of its images embedded, and FAR's statistics of half a map, as fire2 does them and as it did before, in processes that keep memory as the commands do (`reuse_memory`) and
in others that give it back, as Python does; the ratio is to fire2 with memory kept."""
import datetime, json, platform, subprocess, sys, tempfile, time
import numpy as np, torch, rows
from fire2.all import *

COLS = 'what,ms,ratio,first_ms,rounds,threads,torch,machine,date'.split(',')

def network(x, freeze=4, layout=torch.channels_last, dtype=None, compiled=False):
    "A function that runs the backbone over `x` forward and backward"
    net = FIRe2Net(40, 'mobilenet_v2', 'none', x.shape[-2:], freeze=freeze).train()
    net.backbone.to(memory_format=layout)
    if compiled: net.backbone.compile()
    def step():
        with torch.autocast('cpu', dtype or torch.bfloat16, enabled=dtype is not None): y = net.backbone(x)
        y.float().square().mean().backward()
    return step

def medium(rounds=15):
    "Milliseconds of a step of the preset medium, of 128 images embedded without their mirror images, and of FAR's statistics, as now and as before"
    net, x, many = FIRe2Net(100, 'mobilenet_v2', 'none', (160,80), freeze=4), torch.randn(32, 3, 160, 80), torch.randn(128, 3, 160, 80)
    def pooled(x): return net.neck(net.pool(net.backbone(x)))                  # without `keep_layout`
    def step(f): net.train(); f(x).square().mean().backward()
    quick = net.eval().folded()                                                # once for all batches of a pass
    def embedded(m):
        with eval_mode(net): embed(m, many, mirror=False)
    part = torch.randn(32, 1280, 5, 5).to(memory_format=torch.channels_last)    # half of a map
    ways = {"FAR's statistics": lambda: part_stats(part), "FAR's statistics, torch.var_mean": lambda: torch.var_mean(part, (2,3), correction=1, keepdim=True),
            'a step': lambda: step(lambda x: net(x).emb), "a step, gradient in pooling's layout": lambda: step(pooled),
            '128 images': lambda: embedded(quick), '128 images, batch norm not folded': lambda: embedded(net)}
    ms = {k: [] for k in ways}
    for i in range(rounds + 2):
        for k, f in ways.items(): t = time.perf_counter(); f(); ms[k].append((time.perf_counter() - t)*1000)
    return {k: np.median(v[2:]) for k, v in ms.items()}

def memory(turns=3):
    "`medium` in new processes, of which every other one keeps its memory: {what: milliseconds}"
    took = {}
    for way in ['memory given back', 'memory kept']*turns:
        got = json.loads(subprocess.run([sys.executable, __file__, way], capture_output=True, text=True, check=True).stdout)
        for k, v in got.items(): took.setdefault(f'{k}, {way}', []).append(v)
    return {k: np.median(v) for k, v in took.items()}

def about(rounds=15): return dict(rounds=rounds, threads=torch.get_num_threads(), torch=torch.__version__, machine=f'{platform.machine()} CPU', date=datetime.date.today())

def main(out, rounds=15):
    reuse_memory()
    with tempfile.TemporaryDirectory() as d:
        dls = reid_dls(synth_benchmark(d, scale='tiny'), bs=32, n_inst=4, size=(128,64), num_workers=0, device='cpu', seed=0)
        recolour_as(dls, .5); list(dls.train)                    # decoded once, and kept
        x = dls.train.one_batch()[0].as_subclass(torch.Tensor)
        n = len(dls.train)
        todo = {'as it is': network(x), 'nothing frozen': network(x, 0), 'frozen to an eighth': network(x, 8),
                'weights as PyTorch lays them': network(x, layout=torch.contiguous_format), 'bfloat16': network(x, dtype=torch.bfloat16), 'torch.compile': network(x, compiled=True),
                'a batch, augmented': lambda: list(dls.train)}
        took = {k: [] for k in todo}
        for i in range(rounds + 2):
            for k, f in todo.items():
                t = time.perf_counter(); f()
                took[k].append((time.perf_counter() - t)*1000/(n if 'batch' in k else 1))
    ms = {k: np.median(v[2:]) for k, v in took.items()}                  # the first two warm up, or compile
    rows.append(out, COLS, [dict(what=k, ms=round(v, 1), ratio=round(v/ms['as it is'], 3), first_ms=round(took[k][0])) | about() for k, v in ms.items()])

def main_medium(out):
    ms = memory()
    rows.append(out, COLS, [dict(what=k, ms=round(v, 1), ratio=round(v/ms[f"{k.split(',')[0]}, memory kept"], 3)) | about() for k, v in ms.items()])

if __name__ == '__main__':
    if sys.argv[1] == 'memory kept': reuse_memory()
    if sys.argv[1].startswith('memory'): print(json.dumps(medium()))
    else: (main_medium if sys.argv[2:] == ['medium'] else main)(sys.argv[1])
