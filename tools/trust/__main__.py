"""Does bad things to fire2, and counts what comes of them.

    python tools/trust                                 # all kinds, whole: about an hour on two cores
    python tools/trust trees metrics -n 100 --seed 7   # a part of two
    python tools/trust kills --seed 1 --batch 2        # one batch again

What may come of a case: ok; refused (InputError, or status 2 and one line); traceback (any other exception or
status); hang; silent (a wrong answer without a word); lost (images, epochs or files missing, other weights).
hypothesis draws the cases, in batches of 100 (of a slow kind 20) that depend on the seed alone. A batch
ends with its first failing case, of a quick kind in its smallest form; its folder is then in DIR/failed, and
the exit status is 1. DIR/KIND.csv has all cases (nbs/results/trust_kills.csv is one of these). The row of a
whole kind takes the place of its last one in nbs/results/trust.csv.

kinds:
"""
import argparse, importlib, os, shutil, sys, tempfile, time
from collections import Counter
from pathlib import Path
os.environ |= dict(MPLBACKEND='agg', FIRE2_QUIET='1', HF_HUB_OFFLINE='1', OMP_NUM_THREADS='1')
import pandas as pd
sys.path.insert(1, str(Path(__file__).resolve().parents[1]))
from lab import provenance
from shared import BAD, ROOT, draw

QUICK = 'images', 'trees', 'tables', 'metrics'
KINDS = {k: importlib.import_module(k) for k in ('kills', 'full', *QUICK, 'args', 'inputs', 'memory')}

def play(kind, a):
    "Run the cases of a kind, and keep what failed: its row of the table"
    start, n, size, found = time.time(), a.n or KINDS[kind].WHOLE, 100 if kind in QUICK else 20, []
    for b in range(-(-n//size)) if a.batch is None else [a.batch]:
        folder, to = Path(kind).absolute(), Path('failed', f'{kind}-{b}')
        found += draw(KINDS[kind].case, min(size, n - b*size), f'{kind} {a.seed} {b}', folder, kind in QUICK)
        print(f'{kind}: {len(found)} of {n}, {time.time() - start:.0f} s', file=sys.stderr)
        if found[-1][0] not in BAD: continue
        shutil.rmtree(to, ignore_errors=True)
        shutil.move(folder, to)
        v, what = found[-1]
        print(f'{to} {v}: {" ".join(what.split())[:300]}')
    cases = pd.DataFrame(found, columns=['verdict', 'what']).rename_axis('case').reset_index()
    cases.insert(0, 'kind', kind)
    cases.to_csv(f'{kind}.csv', index=False, errors='replace')
    count = dict.fromkeys(('ok', 'refused', *BAD), 0) | Counter(cases.verdict)
    return dict(kind=kind, tried=len(found), **count, seconds=round(time.time() - start), seed=a.seed)

def write_row(file, row):
    "Put the row of a kind in the place of its last one"
    rows = pd.read_csv(file, keep_default_na=False) if file.exists() else pd.DataFrame(columns=[*row])
    rows = pd.concat([rows[rows.kind != row['kind']], pd.DataFrame([row])])
    rows.to_csv(file, index=False, lineterminator='\n')

def arguments():
    kinds = ''.join(f'  {k:8} {m.__doc__} ({m.WHOLE:,})\n' for k, m in KINDS.items())
    work = Path('/dev/shm' if os.access('/dev/shm', os.W_OK) else tempfile.gettempdir())/'fire2-trust'
    p = argparse.ArgumentParser('python tools/trust', description=__doc__ + kinds,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('kinds', nargs='*', choices=[*KINDS], metavar='KIND', help='of those above (default: all)')
    p.add_argument('-n', type=int, metavar='N', help='cases of each kind (default: the number above)')
    p.add_argument('--seed', type=int, default=1, metavar='S', help='(default: 1)')
    p.add_argument('--batch', type=int, metavar='I', help='this batch alone')
    p.add_argument('--work', type=Path, default=work, metavar='DIR', help='of cases (default: %(default)s)')
    p.add_argument('--out', type=Path, metavar='FILE', help='table to write the rows to')
    return p.parse_args()

def main():
    a, failed = arguments(), 0
    whole = a.n is None and a.batch is None
    out = a.out.absolute() if a.out else ROOT/'nbs/results/trust.csv' if whole else None
    a.work.mkdir(parents=True, exist_ok=True)
    os.chdir(a.work)
    shutil.rmtree('shared', ignore_errors=True)                          # of an earlier campaign
    for kind in a.kinds or KINDS:
        row = play(kind, a) | provenance() | dict(note='')
        if out: write_row(out, row)
        failed += sum(row[v] for v in BAD)
    if failed: sys.exit(f'{failed} failed: {a.work/"failed"}')

if __name__ == '__main__': main()
