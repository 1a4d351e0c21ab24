"""The disk is full from some write of a training on; then there is space, and the training goes on"""
import errno, os, shutil, subprocess
from kills import a_write, go_on
from shared import SYNTH, command, reference, watch

WHOLE = 120
WRITES = 'write', 'fsync', 'mkdir', 'rename'

def _mount(run, percent):
    "Whether a file system with so much of the space that a run needs could be put at `run`"
    size = sum(f.stat().st_size for f in reference()[0].rglob('*') if f.is_file())*percent//100
    run.mkdir()
    argv = ['mount', '-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', run]
    failed = subprocess.run(argv, capture_output=True).returncode
    if failed: run.rmdir()
    return not failed

def _unmount(run):
    "Take it away; the files stay"
    kept = shutil.copytree(run, run.with_name('kept'))
    subprocess.run(['umount', run], check=True)
    run.rmdir()
    kept.rename(run)

def case(pick, d):
    name, n = a_write(pick, {k: v for k, v in reference()[1].items() if k.split()[0] in WRITES})
    def fail(i, event, path):
        if i >= n and event in WRITES: raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
    percent = pick.number(2, 100)
    small = pick.chance(33) and _mount(d/'run', percent)
    ended = command(SYNTH, d, 120, None if small else lambda: watch(d/'run', fail))
    if small: _unmount(d/'run')
    what, v, why = f'{percent} % of the space' if small else f'no space from {name} ({n}) on', *ended[:2]
    if v == 'ok' and not small and 'no report.html' not in ended.err: v, why = 'silent', 'status 0'
    if v in ('ok', 'refused'): v, why = go_on(d)
    return v, f'{what}: {why}'
