"""The disk is full from some write of a training on; then there is space, and the training goes on"""
import shutil, subprocess
import numpy as np
from campaign import SYNTH
from forks import command, verdict
from kills import go_on, moments
from writes import failing, no_space

WHOLE = 120
WRITES = 'write', 'fsync', 'mkdir', 'rename'

def _mount(*args): return not subprocess.run(['mount', *map(str, args)], capture_output=True).returncode

def _of_write(c, i):
    "The number of the event from which there is no space"
    ms = [ms[i//3 % len(ms)] for e, ms in moments(tuple(c.ref[1])).items() if e.split()[0] in WRITES]
    return ms[np.random.default_rng(c.seed).permutation(len(ms))[(i - i//3) % len(ms)]]

def _judge(c, d, what, ended, real):
    (d/'full.txt').write_text(ended.out + ended.err)
    v, why = verdict(ended, 'fire2_train')
    if v == 'ok' and real: return v, what                                          # the disk was large enough
    if v == 'ok' and 'no report.html' not in ended.err: return 'silent', f'{what}: status 0'
    if v not in ('ok', 'refused'): return v, f'{what}: {why}'
    if real: _mount('-o', 'remount,size=200m', d/'run')
    v, why = go_on(c, d)
    return v, f'{what}: {why}' if why else what

def case(c, i, rng, d):
    run, real = d/'run', False
    if i % 3 == 2:                                          # a real one, where a file system may be mounted
        size = int(rng.uniform(.02, 1)*sum(f.stat().st_size for f in c.ref[0].rglob('*') if f.is_file()))
        run.mkdir()
        real = _mount('-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', run)
        if not real: run.rmdir()
    m = _of_write(c, i)
    what = f'a disk of {size:,} bytes' if real else f'no space from {c.ref[1][m]} ({m}) on'
    try: return _judge(c, d, what, command(SYNTH, d, 120, None if real else failing(m, no_space, run)), real)
    finally:
        if real:
            shutil.copytree(run, d/'kept', symlinks=True)
            subprocess.run(['umount', run], check=True)
