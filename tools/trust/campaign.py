"""What the cases share: a folder, rendered people, a run on them that ended and one that was killed"""
import os, shutil, signal, time
from functools import cached_property
from pathlib import Path
import numpy as np
from forks import command, must
from writes import noted

PEOPLE = 'tiny n_ids=5 n_test_ids=3 n_outfits=2 n_cams=2'
TINY = 'epochs=4 e0=2 eval_every=2 size=32,16 bs=16 warmup=1 k1=8'
SHORT = 'epochs=1 e0=1 size=32,16 bs=16 k1=8'
CPU = '--num_workers', 0, '--device', 'cpu'
SYNTH = ['fire2_train', 'synth', '--people', PEOPLE, '--set', TINY, '--out', 'run', *CPU]
RESUME = ['fire2_train', 'synth', '--out', 'run', '--resume', *CPU]

class Campaign:
    def __init__(self, work, seed):
        self.work, self.seed = Path(work).absolute(), seed
        self.work.mkdir(parents=True, exist_ok=True)
    def rng(self, kind, i): return np.random.default_rng([self.seed, *kind.encode(), i])
    def folder(self, *names):
        "A new folder"
        d = self.work.joinpath(*map(str, names))
        if d.exists(): shutil.rmtree(d)
        d.mkdir(parents=True)
        return d
    def train(self, values, *more):
        "A training on `people`"
        return ['fire2_train', 'folder', '--path', self.people, '--preset', 'demo', '--weights', 'none',
                '--set', values, '--out', 'run', *CPU, *more]

    @cached_property
    def people(self):
        "Folder of rendered people, in the layout `folder`"
        d, small = self.folder('base'), ['--people', PEOPLE, '--height', 32, '--width', 16]
        must(command(['fire2_synth', '--layout', 'folder', '--out', 'people', *small], d, 120))
        return d/'people'
    @cached_property
    def ref(self):
        "A run of `SYNTH` that nothing happened to: its folder, what it wrote, its seconds"
        d = self.folder('ref')
        ended = must(command(SYNTH, d, 300, noted(d/'events', d/'run')))
        return d/'run', (d/'events').read_text().splitlines(), ended.seconds
    @cached_property
    def run(self):
        "A finished run on `people`"
        d = self.folder('done')
        must(command(self.train(TINY), d, 300))
        return d/'run'
    @cached_property
    def stopped(self):
        "The same run, killed in its last epoch"
        d, _ = self.folder('stopped'), self.run
        def kill(pid):
            h = d/'run/history.csv'
            if h.exists() and h.read_text().count('\n') > 3: time.sleep(.15); os.kill(pid, signal.SIGKILL)
        command(self.train(TINY), d, 300, meanwhile=kill)
        return d/'run'
    @cached_property
    def vectors(self):
        "Embeddings of all of `people`"
        d = self.folder('vectors')
        must(command(['fire2_embed', self.run, self.people, '--out', 'e.npz', '--device', 'cpu'], d))
        return d/'e.npz'
