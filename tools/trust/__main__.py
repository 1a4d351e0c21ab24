"""Does bad things to fire2, and counts what comes of them.

    python tools/trust                                 # all kinds, whole: about an hour on two cores
    python tools/trust trees metrics -n 100 --seed 7   # a part of two
    python tools/trust kills --seed 1 --batch 2        # one batch again

What may come of a case: ok; refused (InputError, or status 2 and one line); traceback (any other exception or
status); hang; silent (a wrong answer without a word); lost (images, epochs or files missing, other weights).
hypothesis draws the cases, in batches of 100 (of a slow kind 20) that depend on the seed alone. A batch
ends with its first failing case, of a quick kind in its smallest form; its folder is then in DIR/failed, and
the exit status is 1. The row of a whole kind takes the place of its last one in nbs/results/trust.csv.

kinds:
"""
import argparse, csv, importlib, os, shutil, sys, tempfile, time
from collections import Counter
from pathlib import Path
os.environ |= dict(MPLBACKEND='agg', FIRE2_QUIET='1', HF_HUB_OFFLINE='1', OMP_NUM_THREADS='1')
import pandas as pd
sys.path.insert(1, str(Path(__file__).resolve().parents[1]))
from lab import provenance
from shared import BAD, ROOT, Campaign, draw_cases, draw_quick, load

QUICK = 'images', 'trees', 'tables', 'metrics'
KINDS = {k: importlib.import_module(k) for k in ('kills', 'full', *QUICK, 'args', 'inputs', 'memory')}
VERDICTS = 'ok', 'refused', *BAD

def play(c, kind, a):
    "Run the cases of a kind: its row of the table"
    start, n, size, found = time.time(), a.n or KINDS[kind].WHOLE, 100 if kind in QUICK else 20, []
    def tell(seen):
        done = f'{kind}: {len(found) + len(seen)} of {n}, {time.time() - start:.0f} s '
        print(f'\r{done}', end='', file=sys.stderr, flush=True)
    def case(pick, d): return KINDS[kind].case(c, pick, d)
    for b in range(-(-n//size)) if a.batch is None else [a.batch]:
        batch = case, min(size, n - b*size), f'{kind} {a.seed} {b}', c.folder(kind)/'case'
        found += draw_quick(*batch) if kind in QUICK else draw_cases(*batch, False, tell)
        tell([])
        if found[-1][0] in BAD: keep(c, kind, b, *found[-1])
    print(file=sys.stderr)
    if a.cases: csv.writer(a.cases).writerows([kind, i, *x] for i, x in enumerate(found))
    count = dict.fromkeys(VERDICTS, 0) | Counter(v for v, _ in found)
    return dict(kind=kind, tried=len(found), **count, seconds=round(time.time() - start), seed=a.seed)

def keep(c, kind, b, v, what):
    "Put the folder of a failing case aside, with what happened"
    to = c.folder('failed', kind, b)
    shutil.move(c.work/kind/'case', to/'files')
    (to/'why.txt').write_text(f'{v}: {what}\n', errors='replace')
    print(f'\r{kind} {b} {v}: {" ".join(what.split())[:300]}', flush=True)

def write_row(file, row):
    "Put the row of a kind in the place of its last one"
    rows = pd.read_csv(file, keep_default_na=False) if file.exists() else pd.DataFrame(columns=[*row])
    rows = pd.concat([rows[rows.kind != row['kind']], pd.DataFrame([row])])
    rows.to_csv(file, index=False, lineterminator='\n')

def parser():
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
    p.add_argument('--cases', type=argparse.FileType('w'), metavar='FILE', help='table of all cases')
    return p

def main():
    a, failed = parser().parse_args(), 0
    c = Campaign(a.work)
    load()
    if a.cases: a.cases.write('kind,case,verdict,what\n')
    for kind in a.kinds or KINDS:
        row = play(c, kind, a) | provenance() | dict(note='')
        out = a.out or (None if a.n or a.batch is not None else ROOT/'nbs/results/trust.csv')
        if out: write_row(out, row)
        failed += sum(row[v] for v in BAD)
    if failed: sys.exit(f'{failed} failed: {a.work/"failed"}')

if __name__ == '__main__': main()
