"""Rows of nbs/results/runs.csv: runs their commands again and compares, or adds a row.

    python tools/lab.py --suite evidence --rows "best; official" --seeds 11,12
    python tools/lab.py --suite gpu --add "best: fire2_train synth --people ltcc --preset best --amp bf16"

A row is known by suite, seed, row, command and data. One with a note was made by more than its command: by
what the page that shows it has, or by `tools` of its commit. A run that stopped goes on; a finished one is
not made again. To compare two versions of fire2, give each its own --work."""
import argparse, datetime, json, os, re, shlex, subprocess, sys
from pathlib import Path
import pandas as pd

root = Path(__file__).parents[1]
FILE = root/'nbs/results/runs.csv'
KEY = ['suite', 'seed', 'row', 'command', 'data']
PROTOCOLS = dict(cc='cloth-changing', std='standard')

def provenance():
    "Commit and date of a measurement; a + where the package has changes"
    def git(*a): return subprocess.run(['git', *a], capture_output=True, text=True, cwd=root).stdout.strip()
    changed = '+'*bool(git('status', '--porcelain', 'fire2'))
    return dict(commit=git('rev-parse', '--short', 'HEAD') + changed, date=str(datetime.date.today()))

def train(command, work, device):
    "The folder of the finished run of `command`"
    run = work/re.sub('[^a-z0-9.=,]+', '_', command.lower())
    if (run/'metrics.json').exists(): return run
    words, more = shlex.split(command), ['--out', str(run), '--device', device]
    if (run/'state.pt').exists(): words, more = words[:2], [*more, '--resume']
    subprocess.run([*words, *more], check=True)
    return run

def people(run):
    "Cloth-changing mAP of each test person, in the order of their ids: for intervals over people"
    from fire2.all import embed_protocols, load_net
    from fire2.queries import query_table
    from fire2.tasks import open_run
    p = open_run(run).protocols[0]
    t = query_table(embed_protocols(load_net(run/'last.safetensors'), p), p)
    return ' '.join(f'{x:.1f}' for x in t.groupby('pid').AP.mean())

def measured(run):
    "The columns of a finished run"
    m, history = json.loads((run/'metrics.json').read_text()), pd.read_csv(run/'history.csv')
    figures = {f'{p} {k}': m['last'][name][k] for p, name in PROTOCOLS.items() for k in ('mAP', 'R1', 'mINP')}
    clusters = history.filter(regex='clusters|per_id|singletons|churn|nmi_|purity_').iloc[-1]
    about = {k: m['versions'][k] for k in ('device', 'torch', 'fire2')}
    return figures | dict(clusters) | about | dict(seconds=m['seconds'], people=people(run)) | provenance()

def again(table, a):
    "Run the rows' commands, and show the figures that the file has beside those of today"
    figures = [f'{p} {k}' for p in PROTOCOLS for k in ('mAP', 'R1')]
    rows = table[(table.suite == a.suite) & (table.command != '') & (table.note == '')]
    if a.seeds: rows = rows[rows.seed.isin(a.seeds)]
    if a.rows: rows = rows[rows.row.isin(a.rows)]
    if rows.empty: sys.exit(f'no row of {a.suite} with a command and without a note, of those asked for')
    for row in rows.to_dict('records'):
        now = measured(train(row['command'], a.work, a.device))
        said = [f'{f} {row[f]} → {now[f]}' for f in figures]
        print(row['row'], row['seed'], *said, sep=', ', flush=True)

def add(table, a):
    "Add the row, in the place of one that was there"
    row, command = a.add.split(': ', 1)
    seed = re.search(r'--seed (\d+)', command)
    new = dict(suite=a.suite, seed=seed[1] if seed else '42', row=row, command=command)
    new |= measured(train(command, a.work, a.device)) | dict(threads=os.environ['OMP_NUM_THREADS'])
    table = pd.concat([table, pd.DataFrame([new]).reindex(columns=table.columns)]).fillna('')
    table.drop_duplicates(KEY, keep='last').to_csv(FILE, index=False, lineterminator='\n')

def main():
    table = pd.read_csv(FILE, dtype=str, keep_default_na=False)
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--suite', required=True, help='one of ' + ', '.join(table.suite.unique()) + ', or a new one')
    p.add_argument('--add', metavar='"ROW: COMMAND"', help='a new row')
    p.add_argument('--seeds', type=lambda s: s.split(','), help='only these: 1,2')
    p.add_argument('--rows', type=lambda s: s.split('; '), help='only these: "identity; + triplet"')
    p.add_argument('--work', type=Path, default=Path('lab'), help='folder of runs (default: lab)')
    p.add_argument('--device', default='cpu')
    a = p.parse_args()
    os.environ.setdefault('OMP_NUM_THREADS', '1')
    if a.add and ': ' not in a.add: p.error(f'--add {a.add}: expected "ROW: COMMAND"')
    if a.add: add(table, a)
    else: again(table, a)

if __name__ == '__main__': main()
