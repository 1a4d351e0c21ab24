"""Damaged tables and trees, as many as asked for: `load_benchmark` gives a benchmark or an `InputError`. `python tools/trust_tables.py 5000`"""
import sys, tempfile, time, warnings
from collections import Counter
from pathlib import Path
from hypothesis import HealthCheck, Phase, given, seed as seeded, settings, strategies as st
from fire2.core import InputError
from fire2.data.datasets import load_benchmark

HEAD = 'path,pid,split,camid,clothid'
ROWS = [f'im/{i}.jpg,{p},{s},{c},{o}' for i, (p, s, c, o) in enumerate([('a', 'train', 1, 1), ('a', 'train', 2, 2), ('b', 'train', 1, 1), ('b', 'train', 2, 2),
        ('z', 'query', 1, 1), ('z', 'gallery', 2, 1), ('z', 'gallery', 2, 2), ('y', 'query', 1, 1), ('y', 'gallery', 2, 2)])]
TREE = [f'{s}/{p}/{i}.jpg' for s, ps in (('train', 'abc'), ('query', 'yz'), ('gallery', 'yz')) for p in ps for i in (1, 2)]
cells = st.sampled_from(['', ' ', '-1', 'nan', 'None', '0009', '9', '9.0', 'a ', '"', '""', ',', ';', '\t', '\n', '\0', '\\', '../', '/', 'é', 'e\u0301', '\ufeff',
                         '\u200b', '2'*30, '1e400', 'train', 'QUERY', 'gallery', 'im/1.jpg', 'im', '/dev/zero', 'x'*5000]) | st.text(max_size=4)
edit = st.tuples(st.sampled_from(['cell', 'insert', 'line', 'twice', 'cut', 'bytes']), st.integers(0, 10**6), cells)
names = cells.map(lambda c: c.replace('\0', '').encode('utf-8', 'ignore').decode().replace('/', '_')[:40]).filter(lambda c: c not in ('', '.', '..'))
move = st.tuples(st.sampled_from(['delete', 'rename', 'deeper', 'copy', 'link', 'dir']), st.integers(0, 10**6), names)

def edited(text, edits):
    "A CSV file's bytes after `edits` (kind, where, text)"
    b = text.encode()
    for kind, at, c in edits:
        new, lines = c.encode('utf-8', 'surrogatepass'), b.split(b'\n'); row = lines[i := at % len(lines)].split(b',')
        if kind == 'cell': row[at//7 % len(row)] = new; lines[i] = b','.join(row)
        if kind == 'insert': j = at % (len(lines[i])+1); lines[i] = lines[i][:j] + new + lines[i][j:]
        if kind == 'line': lines.insert(i, new)
        if kind == 'twice': lines.append(lines[i])
        b = b'\n'.join(lines)
        if kind == 'cut': b = b[:at % (len(b)+1)]
        if kind == 'bytes': j = at % (len(b)+1); b = b[:j] + bytes([at % 256]) + b[j+1:]
    return b

def moved(root, moves):
    "Change the tree `root` by `moves` (kind, which, name)"
    for kind, at, name in moves:
        fs = sorted(p for p in root.rglob('*') if kind in ('rename', 'delete') or p.is_file() and not p.is_symlink())
        if not fs: return
        p = fs[at % len(fs)]; q = p.with_name(name)
        try:
            if kind == 'delete': p.unlink() if not p.is_dir() or p.is_symlink() else None
            if kind == 'rename': p.rename(q)
            if kind == 'deeper': q.mkdir(); p.rename(q/p.name)
            if kind == 'copy': q.with_suffix('.jpg').write_bytes(p.read_bytes())
            if kind == 'link': q.symlink_to([p, p.parent, root, root/'nothing'][at % 4])
            if kind == 'dir': q.with_suffix('.jpg').mkdir()
        except OSError: pass                                           # there is such a file already

def campaign(n=5000, seed=0):
    "`n` damaged tables and trees: Counter of outcomes, the failures as (edits, outcome)"
    found, bad = Counter(), []
    def tell(name, path, edits):
        try: load_benchmark(name, path); what = 'read'
        except InputError as e: what = 'refused' if '\n' not in str(e) else f'two lines: {e}'
        except Exception as e: what = f'{type(e).__name__}: {e}'
        found[what if what in ('read', 'refused') else 'failed'] += 1
        if what not in ('read', 'refused'): bad.append((edits, what))
    def given_each(strategy, f): 
        seeded(seed)(settings(max_examples=max(1, n//2), deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))(given(strategy)(f)))()
    with tempfile.TemporaryDirectory() as d, warnings.catch_warnings():
        warnings.simplefilter('ignore'); d = Path(d); (d/'im').mkdir()
        for i in range(len(ROWS)): (d/f'im/{i}.jpg').write_text(str(i))
        def table(edits): (d/'t.csv').write_bytes(edited('\n'.join([HEAD, *ROWS]), edits)); tell('csv', d/'t.csv', edits)
        def tree(moves):
            with tempfile.TemporaryDirectory(dir=d) as t:
                for f in TREE: (p := Path(t)/f).parent.mkdir(parents=True, exist_ok=True); p.write_text(f)
                moved(Path(t), moves); tell('folder', Path(t), moves)
        given_each(st.lists(edit, max_size=3), table); given_each(st.lists(move, max_size=4), tree)
    return found, bad

if __name__ == '__main__':
    t = time.perf_counter(); found, bad = campaign(int((*sys.argv[1:], 5000)[0]))
    print(f'{sum(found.values()):,} tables and trees in {time.perf_counter()-t:.0f} s:', dict(found))
    for b in bad[:20]: print(b)
    sys.exit(bool(bad))
