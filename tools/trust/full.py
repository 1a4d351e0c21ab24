"""The disk is full from some write of a training on; then there is space, and the training goes on"""
import errno, os, shutil, subprocess
from kills import a_write, go_on, reference, watch
from shared import SYNTH, command, verdict

WHOLE = 120
WRITES = 'write', 'fsync', 'mkdir', 'rename'

def _mount(*args): return not subprocess.run(['mount', *map(str, args)], capture_output=True).returncode
def _no_space(event, path):
    if event in WRITES: raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

def _small_disk(c, pick, run):
    "A file system with less space than a run needs, where one may be mounted: its bytes"
    whole = sum(f.stat().st_size for f in reference(c)[0].rglob('*') if f.is_file())
    size = pick.number(2, 100)*whole//100
    run.mkdir()
    if _mount('-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', run): return size
    run.rmdir()

def _judge(c, d, ended, real):
    (d/'full.txt').write_text(ended.out + ended.err)
    v, why = verdict(ended, 'fire2_train')
    if v == 'ok' and real: return v, ''                                            # the disk was large enough
    if v == 'ok' and 'no report.html' not in ended.err: return 'silent', 'status 0'
    if v not in ('ok', 'refused'): return v, why
    if real: _mount('-o', 'remount,size=200m', d/'run')
    return go_on(c, d)

def case(c, pick, d):
    name, n = a_write(pick, {k: v for k, v in reference(c)[2].items() if k.split()[0] in WRITES})
    real = _small_disk(c, pick, d/'run') if pick.chance(33) else None
    def begin(): watch(d/'run', lambda i, *e: _no_space(*e) if i >= n else None)
    try: v, why = _judge(c, d, command(SYNTH, d, 120, None if real else begin), real)
    finally:
        if real:
            shutil.copytree(d/'run', d/'kept', symlinks=True)
            subprocess.run(['umount', d/'run'], check=True)
    return v, f'{f"a disk of {real:,} bytes" if real else f"no space from {name} ({n}) on"}: {why}'
