"""What can be wrong with the files that fire2 reads: trees, tables and images with one or two things changed, and what is right then.

Used by trust.py. A tree or a table knows the truth about its images, so that a reader's answer can be judged without the reader's code."""
import csv, io, os, unicodedata
from pathlib import Path
import numpy as np
from PIL import Image, ImageDraw

# ---- trees: each layout's own names, written from the datasets' descriptions
LETTER = {1: 'A', 2: 'B', 3: 'C'}
def _prcc(s, p, c, o, n): return f'rgb/train/{p:03d}/{LETTER[c]}_{n:03d}.jpg' if s == 'train' else f'rgb/test/{LETTER[c]}/{p:03d}/rgb_{n:03d}.jpg'
def _deepchange(s, p, c, o, n): return f"{'train-set' if s == 'train' else f'test-set-{s}'}/P{p}_C{c}_{20200100+o}_{p}{o}{c}_{n:06d}_0.jpg"
def _last(s, p, c, o, n): return f"{'train' if s == 'train' else 'test/'+s}/{'' if s == 'query' else f'{p:06d}/'}{p:06d}_{n:06d}_{c}_{o}.jpg"
LAYOUTS = dict(
    folder=lambda s, p, c, o, n: f'{s}/{p:04d}/{n}_c{c}.jpg',
    ltcc=lambda s, p, c, o, n: f"{dict(gallery='test').get(s, s)}/{p:03d}_{o}_c{c}_{n:06d}.png",
    prcc=_prcc, celeb=lambda s, p, c, o, n: f'{s}/{p}_{n}_0.jpg', deepchange=_deepchange, last=_last,
    vcclothes=lambda s, p, c, o, n: f'{s}/{p:04d}-{c:02d}-{o:02d}-{n:04d}.jpg',
    market=lambda s, p, c, o, n: f"{dict(train='bounding_box_train', gallery='bounding_box_test').get(s, s)}/{p:04d}_c{c}s1_{n:06d}_00.jpg",
    msmt17=lambda s, p, c, o, n: f"{'train' if s == 'train' else 'test'}/{p:04d}/{p:04d}_{n:03d}_{c:02d}_0101morning_0.jpg")
KNOWS = dict(folder=(), ltcc=('camid', 'clothid'), prcc=('camid',), celeb=(), deepchange=('camid', 'clothid'), last=(),
             vcclothes=('camid', 'clothid'), market=('camid',), msmt17=('camid',))

def people(layout):
    "(split, person, camera, outfit, frame) of the smallest benchmark of `layout`: three people to train on, two to find"
    n, cams = 0, (1, 2, 3, 4) if layout == 'vcclothes' else (1, 2, 3) if layout == 'prcc' else (1, 2)
    for s, p in [('train', 1), ('train', 2), ('train', 3), ('query', 4), ('query', 5), ('gallery', 4), ('gallery', 5)]:
        for c in cams:
            for o in (1, 2):
                if layout == 'prcc' and (o == 2) != (c == 3) or s != 'train' and layout == 'prcc' and (s == 'gallery') != (c == 1): continue
                n += 1; yield s, p, c, o, n

class Tree:
    "Files to be written, and the truth: (split, path) → pid, camid, clothid"
    def __init__(self, layout):
        self.layout, self.files, self.truth, self.may, self.rule, self.after, self.did = layout, {}, {}, set(), 'read', [], []
        for s, p, c, o, n in people(layout):
            f = LAYOUTS[layout](s, p, c, o, n)
            self.files[f] = PIXEL
            self.truth[s, f] = dict(pid=p, camid=c, clothid=o)
        self.lists = {}
        if layout == 'deepchange':
            for d in ('train-set', 'test-set-query', 'test-set-gallery'):
                self.lists[f'{d}-bbox.txt'] = [f"{f.split('/')[1]},{f.split('_')[3]}" for f in self.files if f.startswith(d+'/')]
        if layout == 'msmt17':
            of = lambda s: [f"{f.split('/', 1)[1]} {int(t['pid'])}" for (x, f), t in self.truth.items() if x == s]
            self.lists = {'list_train.txt': of('train')[:-1], 'list_val.txt': of('train')[-1:], 'list_query.txt': of('query'), 'list_gallery.txt': of('gallery')}
    def pick(self, rng, xs=None): xs = sorted(self.files if xs is None else xs); return xs[rng.integers(len(xs))]
    def move(self, a, b, rule='either'):
        "The image `a` is at `b` instead: read there, or left out with a word, or refused"
        self.files[b] = self.files.pop(a); self.rule = worse(self.rule, rule)
        for (s, f) in [k for k in self.truth if k[1] == a]: self.truth[s, b] = self.truth.pop((s, f)); self.may.add(b)
    def write(self, root):
        for f, b in self.files.items(): (root/f).parent.mkdir(parents=True, exist_ok=True); (root/f).write_bytes(b)
        for f, ls in self.lists.items(): (root/f).write_bytes(ls if isinstance(ls, bytes) else '\n'.join([*ls, '']).encode())
        for f in self.after:
            try: f(root)
            except (FileExistsError, FileNotFoundError, NotADirectoryError): self.rule = worse(self.rule, 'either')      # the first change took what the second wants

def worse(a, b): return max(a, b, key=('read', 'either', 'refuse').index)
buf = io.BytesIO(); Image.new('RGB', (1, 1)).save(buf, 'PNG'); PIXEL = buf.getvalue()

# Each mutation of a tree: (tree, rng) → None
def same(t, r): pass
def hidden(t, r):
    d = str(Path(t.pick(r)).parent)
    for f in ('._x.jpg', '.ipynb_checkpoints/x-checkpoint.jpg', 'Thumbs.db', '.DS_Store', '__MACOSX/._y.png', '.hidden/7_c1.jpg'): t.files[f'{d}/{f}'] = b'\0'*50
def top_hidden(t, r):
    for f in ('.DS_Store', '__MACOSX/train/._0001.jpg', 'README.txt', '.git/config'): t.files[f] = b'x'
def upper(t, r): a = t.pick(r); t.move(a, a[:-4] + a[-4:].upper())
def mixed_case(t, r): a = t.pick(r); t.move(a, a[:-4] + a[-4:].title())
def other_format(t, r): a = t.pick(r); t.move(a, a[:-4] + r.choice(['.webp', '.tif', '.tiff', '.gif', '.heic', '.avif', '.jp2', '.jfif', '.ppm', '']))
def deeper(t, r): a = Path(t.pick(r)); t.move(str(a), f"{a.parent}/{r.choice(['sub', 'cam2', '0001'])}/{a.name}")
def loose(t, r): a = Path(t.pick(r)); t.move(str(a), f'{a.parent.parent}/{a.name}' if len(a.parts) > 2 else a.name)
def bad_name(t, r): a = Path(t.pick(r)); t.move(str(a), f"{a.parent}/{r.choice(['photo', 'x_y_z', ' ', '-', 'P', 'ä', '%s', '~'])}{a.suffix}")
def newline(t, r): a = Path(t.pick(r)); t.move(str(a), f'{a.parent}/{a.stem}\n2{a.suffix}')
def bytes_name(t, r): a = Path(t.pick(r)); t.move(str(a), f'{a.parent}/{a.stem}\udcff{a.suffix}')
def long_name(t, r): a = Path(t.pick(r)); t.move(str(a), f"{a.parent}/{a.stem}_{'x'*200}{a.suffix}")
def blank_name(t, r): a = Path(t.pick(r)); t.move(str(a), f'{a.parent}/{a.stem} (copy){a.suffix}')
def link_file(t, r):
    a = t.pick(r); t.after.append(lambda root: (root/a).exists() and ((root/a).rename(root/'elsewhere.bin'), (root/a).symlink_to(root/'elsewhere.bin')))
def link_folder(t, r):
    d = str(Path(t.pick(r)).parent)
    def link(root):
        if (root/d).is_dir(): (root/d).rename(root.with_name(root.name+'.d')); (root/d).symlink_to(root.with_name(root.name+'.d').absolute())
    t.after.append(link)
def broken_link(t, r): d = Path(t.pick(r)).parent; t.rule = worse(t.rule, 'either'); t.after.append(lambda root: (root/d/'9_c1.jpg').symlink_to('nowhere.jpg'))
def loop(t, r): d = Path(t.pick(r)).parent; t.rule = worse(t.rule, 'either'); t.after.append(lambda root: (root/d/'again').symlink_to('..'))
def fifo(t, r): d = Path(t.pick(r)).parent; t.rule = worse(t.rule, 'either'); t.after.append(lambda root: os.mkfifo(root/d/'pipe.jpg'))
def folder_named_image(t, r): d = Path(t.pick(r)).parent; t.rule = worse(t.rule, 'either'); t.after.append(lambda root: (root/d/'x.jpg').mkdir())
def _without(t, split):
    for k in [k for k in t.truth if k[0] == split]: t.files.pop(k[1], None); del t.truth[k]
def no_split(t, r): _without(t, r.choice(['train', 'query', 'gallery'])); t.rule = 'refuse'
def empty_split(t, r):
    s = r.choice(['train', 'query', 'gallery']); ds = {str(Path(f).parent) for x, f in t.truth if x == s}
    _without(t, s); t.rule = 'refuse'; t.after.append(lambda root: [(root/d).mkdir(parents=True, exist_ok=True) for d in ds])
def split_is_file(t, r):
    s = r.choice(['train', 'query', 'gallery']); d = next(f for x, f in t.truth if x == s).split('/')[0]
    for f in [f for f in t.files if f.startswith(d+'/')]: del t.files[f]
    t.files[d] = b'x'; t.rule = 'refuse'
def empty_file(t, r): t.files[t.pick(r)] = b''
def _rename_person(t, r, new):
    "In `folder`: one image of a person lies in a folder named otherwise"
    if t.layout != 'folder': return
    (s, f), v = [*t.truth.items()][r.integers(len(t.truth))]
    d, p, n = f.split('/'); g = f'{d}/{new(p)}/{n}'
    t.files[g] = t.files.pop(f); t.truth[s, g] = t.truth.pop((s, f)); t.rule = worse(t.rule, 'either')
def spaced_person(t, r): _rename_person(t, r, lambda p: p + ' ')
def unicode_person(t, r):
    if t.layout != 'folder': return
    for (s, f), v in [*t.truth.items()]:
        d, p, n = f.split('/'); g = f"{d}/{unicodedata.normalize('NFC' if r.random() < .5 else 'NFD', 'é')}{p}/{n}"
        t.files[g] = t.files.pop(f); t.truth[s, g] = t.truth.pop((s, f))
    t.rule = worse(t.rule, 'either')
def junk_person(t, r):
    if t.layout == 'market': t.files['bounding_box_test/-1_c1s1_000001_00.jpg'] = PIXEL
def list_change(t, r):
    "One thing in one of the side lists of DeepChange and MSMT17"
    if not t.lists: return
    f = t.pick(r, t.lists); ls = list(t.lists[f]); i = r.integers(len(ls))
    kind = r.choice('crlf bom blank spaces twice other missing empty binary word comma'.split()); t.did[-1] += f':{kind}'
    harmless = ('crlf', 'bom', 'blank', 'spaces')
    t.rule = worse(t.rule, 'either' if kind in (*harmless, 'twice') else 'refuse' if kind in ('missing', 'empty', 'binary', 'word') else 'either')
    if kind == 'twice': ls.append(ls[i])
    if kind == 'blank': ls.insert(i, '')
    if kind == 'spaces': ls[i] += '  '
    if kind == 'missing': ls[i] = 'gone_' + ls[i]
    if kind == 'word': ls[i] = 'word'
    if kind == 'other': t.rule = 'either'; t.truth = None if t.layout == 'msmt17' else t.truth; ls[i] = ls[i][:-1] + '7'
    if kind == 'comma': t.rule = 'either'; t.truth = None; ls[i] = ls[i].replace(',', ';').replace(' ', ',')
    t.lists[f] = b'' if kind == 'empty' else bytes(range(256)) if kind == 'binary' else ('\ufeff'*(kind == 'bom') + ('\r\n' if kind == 'crlf' else '\n').join([*ls, ''])).encode()
TREES = [same, hidden, top_hidden, upper, mixed_case, other_format, deeper, loose, bad_name, newline, bytes_name, long_name, blank_name, link_file, link_folder,
         broken_link, loop, fifo, folder_named_image, no_split, empty_split, split_is_file, empty_file, spaced_person, unicode_person, junk_person, list_change, list_change]

def draw_tree(rng):
    "A tree of some layout with one thing changed, sometimes two"
    t = Tree(rng.choice(list(LAYOUTS)))
    for m in rng.choice(TREES, 1 + (rng.random() < .2), replace=False):
        if {s for s, _ in t.truth or ()} == {'train', 'query', 'gallery'}: t.did.append(m.__name__); m(t, rng)
    return t

# ---- tables: rows of path, pid, split, camid, clothid
class Table:
    def __init__(self):
        self.rows = [dict(path=f'im/{p}_{c}_{o}_{n}.jpg', pid=f'P{p}', split=s, camid=f'{c}', clothid=f'{o}') for s, p, c, o, n in people('csv')]
        self.truth = {(r['split'], r['path']): dict(r) for r in self.rows}
        self.rule, self.did, self.sep, self.end, self.code, self.text, self.may = 'read', [], ',', '\n', 'utf-8', None, set()
    def cols(self): return list(dict.fromkeys(c for r in self.rows for c in r))
    def write(self, root):
        for r in self.truth or {}: (root/r[1]).parent.mkdir(parents=True, exist_ok=True); (root/r[1]).write_bytes(PIXEL)
        if self.text is None:
            s = io.StringIO(); w = csv.DictWriter(s, self.cols(), delimiter=self.sep, lineterminator=self.end); w.writeheader(); w.writerows(self.rows); self.text = s.getvalue()
        (root/'t.csv').write_bytes(self.text if isinstance(self.text, bytes) else self.text.encode(self.code))

def _set(t, r, field, f, rule='read', truth=None, all_=False):
    "Change `field` in one row (or all); `truth`: what it means then"
    for row in (t.rows if all_ else [t.rows[r.integers(len(t.rows))]]):
        k = row['split'].strip(), os.path.normpath(row['path'].strip().replace('\\', '/'))
        if field == 'pid' and row['pid'].strip().lower() in ('', 'nan', 'none'): continue                # another change took this person away
        row[field] = f(row[field])
        if truth and k in t.truth: t.truth[k][field] = truth(t.truth[k][field])
    t.rule = worse(t.rule, rule)
def t_space(t, r): _set(t, r, r.choice(['pid', 'split', 'camid', 'clothid']), lambda v: r.choice([v + ' ', ' ' + v, '\t' + v, v + '\u00a0']), 'either')
def t_numbers(t, r): _set(t, r, 'pid', lambda v: v[1:], truth=lambda v: v[1:], all_=True)
def t_big(t, r): _set(t, r, 'pid', lambda v: str(2**60 + int(v.strip()[1:] if v.strip()[0] == 'P' else v)), truth=lambda v: str(2**60 + int(v.lstrip('P'))), all_=True)
def t_huge(t, r): _set(t, r, 'pid', lambda v: '9'*30 + v.strip()[-1], truth=lambda v: '9'*30 + v[-1], all_=True)
def t_zeros(t, r): _set(t, r, 'pid', lambda v: '00' + v.strip()[-1], truth=lambda v: v[-1], all_=True)
def t_float(t, r): _set(t, r, 'pid', lambda v: v.strip()[-1] + '.0', 'either', truth=lambda v: v[-1], all_=True)
def t_mixed(t, r): t_numbers(t, r); _set(t, r, 'pid', lambda v: r.choice([v + '.0', '0' + v]), 'either')       # the same person, or an error, or a word
def t_unicode(t, r): _set(t, r, 'pid', lambda v: unicodedata.normalize(r.choice(['NFC', 'NFD']), 'é') + v, truth=lambda v: 'é' + v, all_=True, rule='either')
def t_no_camera(t, r): _set(t, r, 'camid', lambda v: r.choice(['', '-1', 'nan', 'NaN', 'None', 'null', ' ']), truth=lambda v: None)
def t_no_outfit(t, r): _set(t, r, 'clothid', lambda v: r.choice(['', '-1', 'nan', 'none']), truth=lambda v: None)
def t_no_person(t, r): _set(t, r, 'pid', lambda v: r.choice(['', 'nan', 'None']), 'refuse')
def t_no_path(t, r): _set(t, r, 'path', lambda v: r.choice(['', 'gone.jpg', '/', '.', '..', 'im', '\\', 'http://x/y.jpg', '\0', 'im/'+'x'*300]), 'refuse')
def t_split(t, r): _set(t, r, 'split', lambda v: r.choice(['test', 'val', '', 'TRAIN', 'Query', 'gallery2', '0', 'nan']), 'either'); t.truth = None
def t_other_split(t, r): _set(t, r, 'split', lambda v: 'test', 'refuse', all_=True)
def t_dot(t, r): _set(t, r, 'path', lambda v: './' + v)
def t_back(t, r): _set(t, r, 'path', lambda v: v.replace('/', '\\'), 'either')
def t_up(t, r): _set(t, r, 'path', lambda v: 'im/../' + v)
def t_twice(t, r): t.rows.append(dict(t.rows[r.integers(len(t.rows))])); t.rule = worse(t.rule, 'either')
def t_two_people(t, r): t.rows.append(t.rows[r.integers(len(t.rows))] | dict(pid='P9')); t.rule = 'refuse'
def t_order(t, r): t.rows = [t.rows[i] for i in r.permutation(len(t.rows))]
def t_columns(t, r): cs = r.permutation(t.cols()); t.rows = [{c: x[c] for c in cs} for x in t.rows]
def t_extra(t, r): t.rows = [x | {'note': r.choice(['a', '"', ',', 'é\n', ''])} for x in t.rows]
def t_index(t, r): t.rows = [{'': i} | x for i, x in enumerate(t.rows)]
def t_miss(t, r): c = r.choice(['path', 'pid', 'split']); t.rows = [{k: v for k, v in x.items() if k != c} for x in t.rows]; t.rule, t.truth = 'refuse', None
def t_header(t, r): c = r.choice(['path', 'pid', 'split']); t.rows = [{(k.upper() if k == c else k): v for k, v in x.items()} for x in t.rows]; t.rule = worse(t.rule, 'either')
def t_lost(t, r):
    s = r.choice(['train', 'query', 'gallery']); t.rows = [x for x in t.rows if x['split'].strip() != s]; t.rule = 'refuse'
def t_crlf(t, r): t.end = r.choice(['\r\n', '\r'])
def t_sep(t, r): t.sep = r.choice([';', '\t', '|']); t.rule = worse(t.rule, 'either')
def t_code(t, r): t.code = r.choice(['utf-8-sig', 'utf-16', 'utf-16-le', 'utf-32']); t.rule = worse(t.rule, 'either')
def _text(t, r, f, rule):
    s = io.StringIO(); w = csv.DictWriter(s, t.cols(), delimiter=t.sep, lineterminator=t.end); w.writeheader(); w.writerows(t.rows)
    t.text, t.rule = f(s.getvalue()), worse(t.rule, rule)
def t_blank(t, r): _text(t, r, lambda s: s.replace('\n', '\n\n', 3), 'either')
def t_empty(t, r): _text(t, r, lambda s: r.choice(['', '\n', ' ', s.split(t.end)[0], s.split(t.end)[0] + t.end]), 'refuse')
def t_bytes(t, r):
    def damage(s):
        b = bytearray(s.encode()); b[r.integers(len(b))] = r.integers(256); return bytes(b)
    _text(t, r, damage, 'either'); t.truth = None
def t_cut(t, r): _text(t, r, lambda s: s[:r.integers(len(s))], 'either'); t.truth = None
def t_fields(t, r): _text(t, r, lambda s: s.replace(t.end, f'{t.sep}{r.choice(["", "more", "a,b"])}{t.end}'), 'either'); t.truth = None
def t_quote(t, r): _text(t, r, lambda s: s.replace('P2', '"P2', 1), 'either'); t.truth = None
CELLS = ['', ' ', '-1', 'nan', 'None', '0009', '9', '9.0', 'a ', '"', '""', ',', ';', '\t', '\n', '\0', '\\', '../', '/', 'é', 'e\u0301', '\ufeff', '\u200b',
         '2'*30, '1e400', 'train', 'QUERY', 'gallery', 'im', '/dev/zero', 'x'*5000]
def t_cell(t, r):
    "Anything anywhere, quoted as it happens to be"
    def f(s):
        ls = s.split(t.end); i = int(r.integers(len(ls))); j = int(r.integers(len(ls[i])+1)); ls[i] = ls[i][:j] + str(r.choice(CELLS)) + ls[i][j + int(r.integers(4)):]
        return t.end.join(ls)
    _text(t, r, f, 'either'); t.truth = None
TABLES = [v for k, v in sorted(globals().items()) if k.startswith('t_')]

def draw_table(rng):
    t = Table()
    for m in rng.choice(TABLES, 1 + (rng.random() < .25), replace=False):
        if t.text is None and t.truth and t.rows: t.did.append(m.__name__); _try(m, t, rng)
    return t
def _try(m, t, rng):
    try: m(t, rng)
    except (KeyError, IndexError, ValueError): t.rule, t.truth = 'either', None          # the second change found nothing to change

def judge(bm, root, t, warned, knows):
    "What is wrong with the `Benchmark`, given the truth: ('', '') or (verdict, why)"
    if t.rule == 'refuse': return 'silent', 'read, though it should be refused'
    if t.truth is None: return '', ''
    dfs = [('train', bm.train)] + [(w, getattr(p, w)) for p in bm.protocols for w in ('query', 'gallery')]
    got = {(w, os.path.normpath(os.path.relpath(r['path'], root))): r for w, d in dfs for r in d.to_dict('records')}
    gone = [k for k in t.truth if k not in got]
    if gone and not (warned and all(f in t.may for _, f in gone)): return 'lost', f'{len(gone)} images without a word, {gone[0]}'
    if more := [k for k in got if k not in t.truth]: return 'silent', f'{len(more)} images too many, {more[0]}'
    for part in (('train',), ('query', 'gallery')):
        for f in ('pid', *knows):
            rows = [(t.truth[k], r) for k, r in got.items() if k[0] in part]
            if f != 'pid' and not all(f in r for _, r in rows): continue              # a reader may leave a field out
            if any((a[f] is None) != (r[f] == -1) for a, r in rows): return 'silent', f'{f}: unknown values are not -1, or known ones are'
            who = (lambda a: ()) if f != 'clothid' else (lambda a: a['pid'])           # an outfit belongs to a person
            pairs = {((who(a), a[f]), (who(r), r[f])) for a, r in rows if a[f] is not None}
            if not len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}):
                if not (warned and t.rule == 'either'): return 'silent', f'{f} does not part the images as it should'
    return '', ''

# ---- images
FORMATS = {'JPEG': 'jpg', 'PNG': 'png', 'BMP': 'bmp', 'WEBP': 'webp', 'TIFF': 'tif', 'GIF': 'gif', 'PPM': 'ppm', 'TGA': 'tga', 'ICO': 'ico', 'PCX': 'pcx',
           'SGI': 'sgi', 'JPEG2000': 'jp2', 'DDS': 'dds', 'EPS': 'eps', 'PDF': 'pdf', 'IM': 'im', 'MSP': 'msp', 'XBM': 'xbm', 'AVIF': 'avif', 'MPO': 'mpo',
           'ICNS': 'icns', 'QOI': 'qoi', 'SPIDER': 'spi', 'DIB': 'dib', 'BLP': 'blp'}
OURS = ('JPEG', 'PNG', 'BMP', 'WEBP', 'TIFF', 'GIF', 'MPO')                                # an MPO begins as a JPEG
MODES = ('RGB', 'L', 'P', 'RGBA', 'LA', '1', 'CMYK', 'I;16', 'I', 'F', 'YCbCr', 'LAB')

def seed_images(rng):
    "{(format, mode, variant): bytes} of small drawings, in all formats and modes that Pillow writes here"
    out, im = {}, Image.fromarray(rng.integers(0, 256, (40, 24, 3), dtype=np.uint8).repeat(2, 0).repeat(2, 1))
    ImageDraw.Draw(im).ellipse((8, 8, 40, 60), fill='red')
    kws = {'TIFF': [{}, dict(compression='tiff_lzw'), dict(compression='jpeg'), dict(compression='tiff_adobe_deflate'), dict(compression='packbits')], 'JPEG': [{}, dict(progressive=True)],
           'WEBP': [dict(lossless=True), {}], 'PNG': [{}, dict(pnginfo=_text_chunk())], 'GIF': [{}, dict(save_all=True, append_images=[im])]}
    exif = Image.Exif(); exif[0x0112] = 6
    for f in FORMATS:
        for m in MODES:
            for i, kw in enumerate([*kws.get(f, [{}]), *([dict(exif=exif)] if f in ('JPEG', 'PNG', 'WEBP', 'TIFF') else [])]):
                if kw.get('compression') == 'jpeg' and m not in ('RGB', 'L'): continue            # libtiff would write to stderr
                try:
                    x = im.convert('L').convert(m) if m in ('F', 'I', 'I;16', 'LA', '1') else im.convert(m) if m != 'LAB' else Image.new('LAB', im.size, 7)
                    b = io.BytesIO(); x.save(b, f, **kw); out[f, m, i] = b.getvalue()
                except Exception: pass                                                       # this format has no such mode
    return out

def _text_chunk():
    from PIL.PngImagePlugin import PngInfo
    p = PngInfo(); p.add_text('a', 'b'*200, zip=True); return p

class Drawn:
    "What `damage` asks of a numpy Generator, drawn by hypothesis, which then makes small what fails"
    def __init__(self, draw): from hypothesis import strategies; self.draw, self.st = draw, strategies
    def integers(self, a, b=None): return self.draw(self.st.integers(*((0, a-1) if b is None else (a, b-1))))
    def random(self): return self.draw(self.st.floats(0, 1, exclude_max=True))
    def bytes(self, n): return self.draw(self.st.binary(min_size=n, max_size=n))
    def choice(self, xs): return self.draw(self.st.sampled_from([*xs]))

def damage(b, rng):
    "One to four of the things that happen to files"
    b = bytearray(b)
    for _ in range(rng.integers(1, 5)):
        if not b: return bytes(b)
        i, n = int(rng.integers(len(b))), int(rng.integers(1, 33))
        k = rng.integers(9)
        if k == 0: del b[i:]
        elif k == 1: b[i] ^= 1 << rng.integers(8)
        elif k == 2: b[i:i+n] = bytes(n)
        elif k == 3: b[i:i+n] = rng.bytes(n)
        elif k == 4: del b[i:i+n]
        elif k == 5: b[i:i] = rng.bytes(n)
        elif k == 6: j = int(rng.integers(min(len(b), 64))); b[j] = rng.integers(256)        # the header, where it hurts
        elif k == 7: j = int(rng.integers(min(len(b), 64))); b[j:j+4] = rng.choice([b'\xff\xff\xff\xff', b'\0\0\0\0', b'\x7f\xff\xff\xff', b'\0\0\xff\xff'])
        else: b[i:i] = b[:i][-n:]
    return bytes(b)
