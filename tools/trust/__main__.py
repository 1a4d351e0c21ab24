"""Does bad things to fire2, and counts what comes of them.

    python tools/trust                                 # all kinds, whole: about an hour on two cores
    python tools/trust trees metrics -n 100 --seed 7   # a part of two
    python tools/trust kills --seed 1 --case 17        # one case again (of a drawn kind: one batch)

What may come of a case: ok; refused (InputError, or status 2 and one line); traceback (any other exception or
status); hang; silent (a wrong answer without a word); lost (images, epochs or files missing, other weights).
A case depends on the seed and its number alone. Those of trees, tables, images and metrics are drawn by
hypothesis, 100 in a batch, which ends with a failing case in its smallest form. A failing case leaves a
folder in DIR/failed, and the exit status is then 1.
The row of a whole kind takes the place of its last one in nbs/results/trust.csv; a part needs --out.

kinds:
"""
import argparse, csv, importlib, os, shutil, sys, tempfile, time
from pathlib import Path
os.environ |= dict(MPLBACKEND='agg', FIRE2_QUIET='1', HF_HUB_OFFLINE='1', OMP_NUM_THREADS='1')
sys.path.insert(1, str(Path(__file__).resolve().parents[1]))
from lab import provenance
from campaign import Campaign
from forks import BAD, ROOT, load
from mutations import draw_cases

DRAWN = 'images', 'trees', 'tables', 'metrics'
KINDS = {k: importlib.import_module(k) for k in ('kills', 'full', *DRAWN, 'args', 'inputs', 'memory')}
VERDICTS = 'ok', 'refused', *BAD
COLUMNS = 'kind', 'tried', *VERDICTS, 'seconds', 'seed', 'commit', 'date', 'note'
TABLE = ROOT/'nbs/results/trust.csv'

def numbered(c, kind, n, only):
    "(number, verdict, what, folder) of `n` cases, or of the case `only`"
    for i in range(n) if only is None else [only]:
        d = c.folder(kind, i)
        try: found = KINDS[kind].case(c, i, c.rng(kind, i), d)
        except Exception as e: found = 'traceback', f'of the tool: {e!r}'
        yield i, *found, d

def keep(c, kind, i, v, what, d):
    "Put the folder of a failing case aside, with what happened"
    to = c.folder('failed', kind, i)
    if d.exists(): shutil.move(d, to/'files')
    (to/'why.txt').write_text(f'{v}: {what}\n', errors='replace')
    print(f'\r{kind} {i} {v}: {" ".join(what.split())[:300]}', flush=True)

def play(c, kind, n, only, log):
    "Run `n` cases of a kind: its row of the table"
    start, seconds, count, drawn = time.time(), 0, dict.fromkeys(VERDICTS, 0), kind in DRAWN
    cases = draw_cases(c, kind, KINDS[kind].case, n, only) if drawn else numbered(c, kind, n, only)
    for done, (i, v, what, d) in enumerate(cases, 1):
        count[v] += 1
        if log: csv.writer(log).writerow([kind, i, v, what.replace(str(c.work), '...')])
        if v in BAD: keep(c, kind, i, v, what, d)
        elif only is not None: print(f'{kind} {i} {v}: {what}')
        if not drawn: shutil.rmtree(d, ignore_errors=True)
        said, seconds = ', '.join(f'{k} {m}' for k, m in count.items() if m), round(time.time() - start)
        print(f'\r{kind}: {done} of {n}, {said}, {seconds} s ', end='', file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return dict(kind=kind, tried=sum(count.values()), **count, seconds=seconds)

def write_row(file, row):
    "Put the row of a kind in the place of its last one"
    rows = list(csv.DictReader(open(file, newline=''))) if file.exists() else []
    with open(file, 'w', newline='') as f:
        w = csv.DictWriter(f, COLUMNS, lineterminator='\n')
        w.writeheader(); w.writerows([*(r for r in rows if r['kind'] != row['kind']), row])

def parser():
    kinds = ''.join(f'  {k:8} {m.__doc__} ({m.WHOLE:,})\n' for k, m in KINDS.items())
    work = Path('/dev/shm' if os.access('/dev/shm', os.W_OK) else tempfile.gettempdir())/'fire2-trust'
    p = argparse.ArgumentParser('python tools/trust', description=__doc__ + kinds,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('kinds', nargs='*', metavar='KIND', help='of those above (default: all)')
    p.add_argument('-n', type=int, metavar='N', help='cases of each kind (default: the number above)')
    p.add_argument('--seed', type=int, default=1, metavar='S', help='(default: 1)')
    p.add_argument('--case', type=int, metavar='I', help='this case, or batch, alone')
    p.add_argument('--work', type=Path, default=work, metavar='DIR', help='of cases (default: %(default)s)')
    p.add_argument('--out', type=Path, metavar='FILE', help='table to write the rows to')
    p.add_argument('--cases', type=Path, metavar='FILE', help='table to write a row for each case to')
    p.add_argument('--note', default='', help='last column of the rows')
    return p

def main():
    p = parser()
    a = p.parse_args()
    odd = [k for k in a.kinds if k not in KINDS]
    if odd: p.error(f'no kind {odd[0]}: one of {", ".join(KINDS)}')
    load()
    c, failed, log = Campaign(a.work, a.seed), 0, a.cases and open(a.cases, 'w', newline='')
    if log: log.write('kind,case,verdict,what\n')
    for kind in a.kinds or KINDS:
        n = a.n or KINDS[kind].WHOLE
        row = play(c, kind, n, a.case, log) | dict(seed=a.seed, note=a.note) | provenance()
        out = a.out or (TABLE if n >= KINDS[kind].WHOLE and a.case is None else None)
        if out: write_row(out, row)
        failed += sum(row[v] for v in BAD)
    if failed: sys.exit(f'{failed} failed: {a.work/"failed"}')

if __name__ == '__main__': main()
