"""Run the notebooks as tests without nbdev, in any environment: the newest fastai, a wheel, another Python.

    pip install dist/fire2-*.whl nbclient ipykernel && python tools/suite.py 0 1 2 3

The arguments are beginnings of notebook names (default: all). Exported cells run as they stand; cells that
nbdev skips are skipped here too."""
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
    where = dict(metadata=dict(path=str(nbs)))
    try: NotebookClient(nb, timeout=900, kernel_name='python3', resources=where).execute()
    except CellExecutionError as e: return str(e)[-1500:]

if __name__ == '__main__':
    begins, failed = tuple(sys.argv[1:]) or '', 0
    paths = [p for p in sorted(nbs.glob('[0-9]*.ipynb')) if p.name.startswith(begins)]
    for p in paths:
        start, error = time.time(), run(p)
        failed += bool(error)
        result = 'failed' if error else 'passed'
        print(f'{result}  {time.time() - start:5.0f} s  {p.name}', error or '', flush=True)
    sys.exit(f'{failed} of {len(paths)} failed' if failed else 0)
