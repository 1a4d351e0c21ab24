"""A dataset's folders and names, with one thing or two changed: read rightly, warned of, or refused"""
import io, os, shutil, unicodedata, warnings
from contextlib import suppress
from pathlib import Path
from PIL import Image

WHOLE = 2500
SPLITS = 'train', 'query', 'gallery'
IDS = 'pid', 'camid', 'clothid'
buffer = io.BytesIO(); Image.new('RGB', (1, 1)).save(buffer, 'PNG'); PIXEL = buffer.getvalue()

# ---- names as the datasets' descriptions have them: of train, query and gallery, or of all
LAST = '{p:06d}_{n:06d}_{c}_{o}.jpg'
LAYOUTS = dict(
    folder=['{s}/{p:04d}/{n}_c{c}.jpg'], celeb=['{s}/{p}_{n}_0.jpg'],
    ltcc=[f'{f}/{{p:03d}}_{{o}}_c{{c}}_{{n:06d}}.png' for f in ('train', 'query', 'test')],
    vcclothes=['{s}/{p:04d}-{c:02d}-{o:02d}-{n:04d}.jpg'],
    market=[f'{f}/{{p:04d}}_c{{c}}s1_{{n:06d}}_00.jpg'
            for f in ('bounding_box_train', 'query', 'bounding_box_test')],
    prcc=['rgb/train/{p:03d}/{l}_{n:03d}.jpg', *['rgb/test/{l}/{p:03d}/rgb_{n:03d}.jpg']*2],
    deepchange=[f'{f}/P{{p}}_C{{c}}_{{day}}_{{p}}{{o}}{{c}}_{{n:06d}}_0.jpg'
                for f in ('train-set', 'test-set-query', 'test-set-gallery')],
    msmt17=[f'{f}/{{p:04d}}/{{p:04d}}_{{n:03d}}_{{c:02d}}_0101morning_0.jpg'
            for f in ('train', 'test', 'test')],
    last=['train/{p:06d}/' + LAST, 'test/query/' + LAST, 'test/gallery/{p:06d}/' + LAST])
KNOWN = dict(ltcc=IDS, deepchange=IDS, vcclothes=IDS, prcc=IDS[:2], market=IDS[:2], msmt17=IDS[:2])

def _name(layout, s, p, c, o, n):
    names = LAYOUTS[layout]
    return names[SPLITS.index(s) % len(names)].format(s=s, p=p, c=c, o=o, n=n, l=' ABCD'[c], day=20200100 + o)

def _in_prcc(s, c, o): return (o == 2) == (c == 3) and (s == 'train' or (s == 'gallery') == (c == 1))
def people(layout):
    "(split, person, camera, outfit, frame) of three people to train on and two to find"
    n = 0
    for s, p in [*(('train', p) for p in (1, 2, 3)), *((s, p) for s in SPLITS[1:] for p in (4, 5))]:
        for c in range(1, dict(vcclothes=4, prcc=3).get(layout, 2) + 1):
            for o in (1, 2):
                if layout != 'prcc' or _in_prcc(s, c, o): n += 1; yield s, p, c, o, n

# ---- a dataset, its truth, and what a reader must do with it
RULES = 'read', 'either', 'refuse'                                     # either: read it rightly, or refuse it

class Dataset:
    "`truth`: (split, path) → pid, camid, clothid; `may`: paths that may be left out with a warning"
    def __init__(self): self.truth, self.rule, self.may, self.did = {}, 'read', set(), []
    def need(self, rule): self.rule = max(self.rule, rule, key=RULES.index)
    def unclear(self): self.need('either'); self.truth = None
    def change(self, pick, changes, twice):
        "Make one change, in `twice` percent of cases two; a second one that finds nothing to change is none"
        for f in [pick.one(changes) for _ in range(1 + pick.chance(twice))]:
            if not self.truth or len({s for s, _ in self.truth}) < 3: return
            try: f(self, pick)
            except (KeyError, IndexError, ValueError, OSError):
                if not self.did: raise
                self.unclear()
            self.did.append(f.__name__)

def _parts_otherwise(rows, field):
    "Whether the values of `field` part the images in another way than the truth"
    if any((true[field] is None) != (row[field] == -1) for true, row in rows): return True
    def value(x): return (x['pid'], x[field]) if field == 'clothid' else x[field]     # clothes are a person's
    pairs = {(value(true), value(row)) for true, row in rows if true[field] is not None}
    return not len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})

def _judge(bm, root, data, warned, known):
    if data.rule == 'refuse': return 'silent', 'read, though it should be refused'
    if data.truth is None: return 'ok', ''
    parts = [('train', bm.train)] + [(s, getattr(p, s)) for p in bm.protocols for s in SPLITS[1:]]
    got = {(s, os.path.normpath(os.path.relpath(row['path'], root))): row
           for s, df in parts for row in df.to_dict('records')}
    gone, more = [k for k in data.truth if k not in got], [k for k in got if k not in data.truth]
    if gone and not (warned and {f for _, f in gone} <= data.may):
        return 'lost', f'{len(gone)} without a word, {gone[0]}'
    if more: return 'silent', f'{len(more)} images too many, {more[0]}'
    for splits in (SPLITS[:1], SPLITS[1:]):
        rows = [(data.truth[k], row) for k, row in got.items() if k[0] in splits]
        for field in known:
            if field != 'pid' and not all(field in row for _, row in rows): continue    # it may be left out
            if _parts_otherwise(rows, field) and not (warned and data.rule == 'either'):
                return 'silent', f'{field} does not part the images as it should'
    return 'ok', ''

def read(name, path, root, data, known):
    "Read a benchmark; (verdict, what), given the truth"
    from fire2.all import InputError, load_benchmark
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter('always')
        try: bm = load_benchmark(name, path, counts=False)
        except InputError as e: v, why = 'silent' if data.rule == 'read' else 'refused', str(e)
        else: v, why = _judge(bm, root, data, any(issubclass(w.category, UserWarning) for w in found), known)
    return 'traceback' if v == 'refused' and '\n' in why else v, f'{name}, {"+".join(data.did)}: {why}'

class Tree(Dataset):
    "On the disk, with the side files of DeepChange and MSMT17 in `lists`"
    def __init__(self, layout, root):
        super().__init__()
        self.layout, self.root, self.lists = layout, root, {}
        for s, *row in people(layout):
            f = _name(layout, s, *row)
            self.put(f); self.truth[s, f] = dict(zip(IDS, row))
            d, name = f.split('/', 1)
            if layout == 'deepchange': self.list(f'{d}-bbox.txt', f"{name},{name.split('_')[3]}")
            if layout == 'msmt17': self.list(f'list_{s}.txt', f'{name} {row[0]}')
        if layout == 'msmt17': self.list('list_val.txt', self.lists['list_train.txt'].pop())
        for f, lines in self.lists.items(): self.put(f, '\n'.join([*lines, '']).encode())
    def list(self, name, line): self.lists.setdefault(name, []).append(line)
    def put(self, f, data=PIXEL):
        (self.root/f).parent.mkdir(parents=True, exist_ok=True); (self.root/f).write_bytes(data)
    def image(self, pick): return Path(pick.one(sorted(self.truth))[1])
    def move(self, a, b, may=True):
        "The image or folder `a` is at `b` instead: read there, left out with a warning, or refused"
        if (self.root/b).exists(): raise FileExistsError(b)
        (self.root/b).parent.mkdir(parents=True, exist_ok=True); (self.root/a).rename(self.root/b)
        for s, f in [(s, f) for s, f in self.truth if f == a or f.startswith(f'{a}/')]:
            new = b + f[len(a):]
            self.truth[s, new] = self.truth.pop((s, f))
            if may: self.may.add(new)
        self.need('either')

# ---- changes: an image is called otherwise, or something lies beside it
NAMES = ['{parent}/{stem}{upper}', '{parent}/{stem}{title}', '{above}/{name}',
         *[f'{{parent}}/{d}/{{name}}' for d in ('sub', 'cam2', '0001')],
         *['{parent}/{stem}.' + e for e in 'webp tif gif heic avif jp2 jfif ppm'.split()],
         *[f'{{parent}}/{w}{{suffix}}' for w in ('photo', 'x_y_z', ' ', '-', 'P', 'ä', '%s', '~')],
         *[f'{{parent}}/{{stem}}{w}{{suffix}}' for w in ('\n2', '\udcff', '_' + 'x'*200, ' (copy)')]]
JUNK = ['{d}/._x.jpg', '{d}/.ipynb_checkpoints/x-checkpoint.jpg', '{d}/Thumbs.db', '{d}/__MACOSX/._y.png',
        '{d}/.hidden/7_c1.jpg', '.DS_Store', '__MACOSX/train/._0001.jpg', 'README.txt', '.git/config']

def unchanged(t, pick): pass
def otherwise(t, pick):
    a, name = t.image(pick), pick.one(NAMES)
    words = dict(parent=a.parent, above=a.parent.parent, name=a.name, stem=a.stem, suffix=a.suffix)
    t.move(str(a), os.path.normpath(name.format(**words, upper=a.suffix.upper(), title=a.suffix.title())))
    t.did.append(repr(name))
def beside(t, pick):
    d, how = t.root/pick.one([t.image(pick).parent, Path()]), pick.one('broken loop knot pipe folder'.split())
    if how == 'broken': (d/'9_c1.jpg').symlink_to('nowhere.jpg')
    if how == 'loop': (d/'again').symlink_to('.')
    if how == 'knot': (d/'knot').symlink_to('knot')
    if how == 'pipe': os.mkfifo(d/'pipe.jpg')
    if how == 'folder': (d/'x.jpg').mkdir()
    t.need('either'); t.did.append(how)
def junk(t, pick):
    d = t.image(pick).parent
    for f in JUNK: t.put(f.format(d=d), b'\0'*50)
    if t.layout == 'market': t.put('bounding_box_test/-1_c1s1_000001_00.jpg')

# ---- changes: links, and what is not there
def linked(t, pick):
    a = t.image(pick)
    a, to = t.root/pick.one([a, a.parent]), t.root.with_name(f'elsewhere{len(t.did)}')
    a.rename(to); a.symlink_to(to)
def _drop(t, split, folders):
    for s, f in [k for k in t.truth if k[0] == split]:
        (t.root/f).unlink(missing_ok=True); del t.truth[s, f]
        with suppress(OSError): folders and os.removedirs((t.root/f).parent)
    t.need('refuse')
def empty_split(t, pick): _drop(t, pick.one(SPLITS), False)
def no_split(t, pick): _drop(t, pick.one(SPLITS), True)
def split_is_file(t, pick):
    d = t.image(pick).parts[0]
    shutil.rmtree(t.root/d); t.put(d, b'x'); t.need('refuse')
def empty_file(t, pick): t.put(t.image(pick), b'')
def other_person(t, pick):
    if t.layout != 'folder': return
    p, form = t.image(pick).parent, pick.one(['spaced', 'NFC', 'NFD'])
    name = f'{p.name} ' if form == 'spaced' else unicodedata.normalize(form, 'é') + p.name
    t.move(str(p), str(p.with_name(name)), may=False)

# ---- changes: the lists of DeepChange and MSMT17
SIDE = 'crlf bom blank spaces twice other missing empty binary word comma'.split()
def _new_line(kind, line):
    if kind == 'comma': return line.replace(',', ';').replace(' ', ',')
    new = dict(spaces=line + '  ', missing='gone_' + line, word='word', other=line[:-1] + '7')
    return new.get(kind, line)
def side_file(t, pick):
    if not t.lists: return
    f, kind = pick.one(sorted(t.lists)), pick.one(SIDE)
    lines = (t.root/f).read_text().splitlines()
    i = pick.number(0, len(lines))
    t.need('refuse' if kind in ('missing', 'empty', 'binary', 'word') else 'either')
    if kind == 'comma' or kind == 'other' and t.layout == 'msmt17': t.unclear()
    lines[i:i+1] = dict(blank=['', lines[i]], twice=[lines[i]]*2).get(kind, [_new_line(kind, lines[i])])
    text = '\ufeff'*(kind == 'bom') + ('\r\n' if kind == 'crlf' else '\n').join([*lines, ''])
    t.put(f, dict(empty=b'', binary=bytes(range(256))).get(kind, text.encode())); t.did.append(kind)

CHANGES = [unchanged, *[otherwise]*12, *[beside]*5, junk, junk, linked, linked, no_split, empty_split,
           split_is_file, empty_file, other_person, other_person, side_file, side_file]

def case(c, pick, d):
    t = Tree(pick.one(LAYOUTS), d/'tree')
    t.change(pick, CHANGES, twice=20)
    return read(t.layout, t.root, t.root, t, KNOWN.get(t.layout, IDS[:1]))
