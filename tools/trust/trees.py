"""A dataset's folders and names, with one thing changed: read rightly, warned of, or refused"""
import os, shutil, warnings
import pandas as pd
from fire2.all import InputError, load_benchmark
from shared import people

WHOLE = 2500
SPLITS = 'train', 'query', 'gallery'
LAYOUTS = 'folder celeb last prcc market msmt17 ltcc deepchange vcclothes'.split()

# ---- a dataset, its truth, and what a reader must do with it
class Dataset:
    """`truth`: (split, path below `root`) → ids, -1 where unknown.
    `rule`: read (rightly), refuse, either (of these), unclear (anything but a traceback)"""
    def __init__(self, layout, root):
        self.layout, self.root, self.rule, self.truth = layout, root, 'read', {}
        for r in pd.read_csv(people(layout)/'truth.csv').itertuples():
            split = r.split
            if layout == 'prcc' and '/test/' in r.path: split = 'gallery' if '/A/' in r.path else 'query'
            if split in SPLITS: self.truth[split, r.path] = dict(pid=r.pid, camid=r.camid, clothid=r.outfit)
    def image(self, pick): return pick.one(sorted(self.truth))

def _codes(rows, field):
    "Images numbered by a field, in order of appearance; -1 where it is unknown"
    values = [(row['pid'] if field == 'clothid' else '', row[field]) for row in rows]    # a person's clothes
    return pd.factorize(pd.Series([None if v[1] == -1 else v for v in values], dtype=object))[0].tolist()

def _judge(bm, data, may):
    "What is wrong with a benchmark that was read; it `may` differ where a warning said so"
    parts = [('train', bm.train)] + [(s, getattr(p, s)) for p in bm.protocols for s in SPLITS[1:]]
    got = {(s, os.path.normpath(os.path.relpath(row['path'], data.root))): row
           for s, df in parts for row in df.to_dict('records')}
    gone, more = [k for k in data.truth if k not in got], [k for k in got if k not in data.truth]
    if gone and not may: return 'lost', f'{len(gone)} without a word, {gone[0]}'
    if more: return 'silent', f'{len(more)} images too many, {more[0]}'
    for splits in (SPLITS[:1], SPLITS[1:]):
        rows = [(data.truth[k], row) for k, row in got.items() if k[0] in splits]
        for field in ('pid', 'camid', 'clothid'):
            if any(field not in row for _, row in rows): continue                   # names do not tell it
            if (data.layout, field) == ('last', 'clothid'): continue               # any word of a name is one
            right = _codes([true for true, _ in rows], field) == _codes([row for _, row in rows], field)
            if not right and not may: return 'silent', f'{field} does not part the images as it should'
    return 'ok', ''

def read(name, path, data):
    "Read a benchmark; (verdict, why), given the truth"
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter('always')
        try: bm = load_benchmark(name, path, counts=False)
        except InputError as e: v, why = 'silent' if data.rule == 'read' else 'refused', str(e)
        else:
            v, why = 'ok', ''
            if data.rule == 'refuse': v, why = 'silent', 'read, though it should be refused'
            elif data.rule != 'unclear': v, why = _judge(bm, data, found and data.rule == 'either')
    return 'traceback' if v == 'refused' and '\n' in why else v, why

# ---- changes: an image is called otherwise or elsewhere, or something lies beside it
def otherwise(t, pick):
    split, a = t.image(pick)
    d, stem, end = os.path.dirname(a), *os.path.splitext(os.path.basename(a))
    words = 'photo', 'ä', '-', ' ', f'{stem}\n2', f'{stem}\udcff', stem + 'x'*200, f'{stem} (copy)'
    names = [f'{word}{end}' for word in (*words, f'sub/{stem}', f'a/b/{stem}')]
    b = f'{d}/' + pick.one([*names, *[stem + e for e in (end.upper(), '.webp', '.gif', '.heic', '.jfif')]])
    (t.root/b).parent.mkdir(parents=True, exist_ok=True)
    (t.root/a).rename(t.root/b)
    t.truth[split, b] = t.truth.pop((split, a))
    t.rule = 'either'
def linked(t, pick):
    "An image or a folder is elsewhere, with a link to it"
    a = t.root/t.image(pick)[1]
    a, to = pick.one([a, a.parent]), t.root.with_name('elsewhere')
    a.rename(to)
    a.symlink_to(to)
def beside(t, pick):
    "A broken link, a loop, a link to itself, a pipe or a folder"
    f = pick.one([(t.root/t.image(pick)[1]).parent, t.root])/'x.jpg'
    how = pick.one(['nowhere', '.', 'x.jpg', 'pipe', 'folder'])
    if how == 'pipe': os.mkfifo(f)
    elif how == 'folder': f.mkdir()
    else: f.symlink_to(how)
    t.rule = 'either'
def junk(t, pick):
    "What systems and editors leave there, and Market-1501's images of nobody"
    d = (t.root/t.image(pick)[1]).parent
    for name in ('._x.jpg', '.ipynb_checkpoints/x.jpg', '__MACOSX/0001_c1.jpg', 'Thumbs.db', '.DS_Store'):
        (d/name).parent.mkdir(exist_ok=True)
        (d/name).write_bytes(bytes(50))
    if t.layout == 'market': (t.root/'bounding_box_test/-1_c1s1_000001_00.jpg').write_bytes(bytes(50))

# ---- changes: a split, or a list of DeepChange or MSMT17
def no_split(t, pick):
    "A split's folder is gone, empty, or a file"
    d, how = t.root/t.image(pick)[1].split('/')[0], pick.one(['gone', 'empty', 'file'])
    d.rename(t.root.with_name('gone'))
    if how == 'empty': d.mkdir()
    if how == 'file': d.touch()
    t.rule = 'refuse'
def side_file(t, pick):
    if t.layout not in ('deepchange', 'msmt17'): return
    f = pick.one(sorted(f for f in t.root.rglob('*.txt') if 'val-set' not in f.name))
    text = f.read_text()
    line = pick.one(text.splitlines())
    forms = dict(crlf=('either', text.replace('\n', '\r\n')), bom=('either', '\ufeff' + text),
                 blank=('either', '\n' + text), twice=('either', text + line),
                 missing=('refuse', f'{text}gone_{line}'), word=('refuse', f'{text}word'),
                 empty=('refuse', ''), binary=('refuse', ''.join(map(chr, range(256)))))
    rule, new = forms[pick.one(forms)]
    f.write_text(new, newline='')
    t.rule = rule

CHANGES = [*[otherwise]*10, *[beside]*5, junk, junk, linked, linked, no_split, no_split, side_file, side_file]

def case(pick, d):
    t = Dataset(pick.one(LAYOUTS), d/'tree')
    shutil.copytree(people(t.layout), t.root)
    change = pick.one(CHANGES)
    change(t, pick)
    v, why = read(t.layout, t.root, t)
    return v, f'{t.layout}, {change.__name__}: {why}'
