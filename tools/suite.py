"""Run the notebooks as tests without nbdev, in whatever environment this is: the newest fastai, a built wheel, another Python.

    pip install dist/fire2-*.whl nbclient ipykernel && python tools/suite.py 0 1 2 3

The arguments are beginnings of notebook names; none means all. Cells that nbdev skips are skipped here too."""
import re, sys, time
from pathlib import Path
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

nbs, skip = Path(__file__).parents[1]/'nbs', re.compile(r'^#\| *(eval: *false|notest|slow|cuda)', re.M)

def run(path):
    "The error of the notebook `path`, or nothing"
    nb = nbformat.read(path, 4)
    nb.cells = [c for c in nb.cells if c.cell_type == 'code' and not skip.search(c.source)]
    # exported cells run as they stand, so what is tested is the notebook's own code, on the installed library
    try: NotebookClient(nb, timeout=900, kernel_name='python3', resources=dict(metadata=dict(path=str(nbs)))).execute()
    except CellExecutionError as e: return str(e)

def main():
    begin = tuple(sys.argv[1:]) or ('',)
    todo, bad = [p for p in sorted(nbs.glob('[0-9]*.ipynb')) if p.name.startswith(begin)], 0
    for p in todo:
        start = time.time(); err = run(p); bad += bool(err)
        print(f'{"failed" if err else "passed"}  {time.time()-start:5.0f} s  {p.name}', flush=True)
        if err: print(err[-1500:], flush=True)
    print(f'{len(todo)-bad} passed, {bad} failed')
    sys.exit(bad > 0)

if __name__ == '__main__': main()
