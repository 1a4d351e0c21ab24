"""A dataset's folders and names, with one thing or two changed: read rightly, left out with a warning, or refused"""
import os, unicodedata
from pathlib import Path
from mutations import PIXEL, Dataset, read

WHOLE = 2500

# ---- each layout's own names, written from the datasets' descriptions: split, person, camera, outfit, frame
def _folder(s, p, c, o, n): return f'{s}/{p:04d}/{n}_c{c}.jpg'
def _ltcc(s, p, c, o, n): return f"{'test' if s == 'gallery' else s}/{p:03d}_{o}_c{c}_{n:06d}.png"
def _celeb(s, p, c, o, n): return f'{s}/{p}_{n}_0.jpg'
def _vcclothes(s, p, c, o, n): return f'{s}/{p:04d}-{c:02d}-{o:02d}-{n:04d}.jpg'
def _prcc(s, p, c, o, n):
    if s == 'train': return f'rgb/train/{p:03d}/{" ABC"[c]}_{n:03d}.jpg'
    return f'rgb/test/{" ABC"[c]}/{p:03d}/rgb_{n:03d}.jpg'
def _deepchange(s, p, c, o, n):
    return f"{'train-set' if s == 'train' else f'test-set-{s}'}/P{p}_C{c}_{20200100+o}_{p}{o}{c}_{n:06d}_0.jpg"
def _last(s, p, c, o, n):
    return f"{'' if s == 'train' else 'test/'}{s}/{'' if s == 'query' else f'{p:06d}/'}{p:06d}_{n:06d}_{c}_{o}.jpg"
def _market(s, p, c, o, n):
    return f"{dict(train='bounding_box_train', gallery='bounding_box_test').get(s, s)}/{p:04d}_c{c}s1_{n:06d}_00.jpg"
def _msmt17(s, p, c, o, n):
    return f"{'train' if s == 'train' else 'test'}/{p:04d}/{p:04d}_{n:03d}_{c:02d}_0101morning_0.jpg"
LAYOUTS = {f.__name__[1:]: f for f in (_folder, _ltcc, _celeb, _vcclothes, _prcc, _deepchange, _last, _market, _msmt17)}
BOTH, CAMERA = ('camid', 'clothid'), ('camid',)
KNOWN = dict(ltcc=BOTH, deepchange=BOTH, vcclothes=BOTH, prcc=CAMERA, market=CAMERA, msmt17=CAMERA)
PEOPLE = [*(('train', p) for p in (1, 2, 3)), *((s, p) for s in ('query', 'gallery') for p in (4, 5))]

def _in_prcc(s, c, o): return (o == 2) == (c == 3) and (s == 'train' or (s == 'gallery') == (c == 1))
def people(layout):
    "(split, person, camera, outfit, frame) of three people to train on and two to find"
    cameras, n = dict(vcclothes=4, prcc=3).get(layout, 2), 0
    for s, p in PEOPLE:
        for c in range(1, cameras + 1):
            for o in (1, 2):
                if layout != 'prcc' or _in_prcc(s, c, o): n += 1; yield s, p, c, o, n

class Tree(Dataset):
    "`files`: path → bytes; `lists`: side file → lines; `after`: what else is done to the folder, in its turn"
    def __init__(self, layout):
        super().__init__()
        self.layout, self.files, self.lists, self.after = layout, {}, {}, []
        for s, p, c, o, n in people(layout):
            f = LAYOUTS[layout](s, p, c, o, n)
            self.files[f], self.truth[s, f] = PIXEL, dict(pid=p, camid=c, clothid=o)
        if layout == 'deepchange': self.lists = {f'{d}-bbox.txt': self._boxes(d) for d in {f.split('/')[0] for f in self.files}}
        if layout == 'msmt17':
            of = {s: self._ids(s) for s in ('train', 'query', 'gallery')}
            self.lists = {f'list_{s}.txt': x for s, x in (of | dict(train=of['train'][:-1], val=of['train'][-1:])).items()}
    def _boxes(self, d): return [f"{f.split('/')[1]},{f.split('_')[3]}" for f in self.files if f.startswith(f'{d}/')]
    def _ids(self, split): return [f"{f.split('/', 1)[1]} {t['pid']}" for (s, f), t in self.truth.items() if s == split]
    def move(self, a, b):
        "The image `a` is at `b` instead: read there, left out with a warning, or refused"
        self.files[b] = self.files.pop(a); self.need('either')
        for s in [s for s, f in self.truth if f == a]: self.truth[s, b] = self.truth.pop((s, a)); self.may.add(b)
    def drop(self, split):
        for s, f in [k for k in self.truth if k[0] == split]: self.files.pop(f, None); del self.truth[s, f]
        self.need('refuse')
    def write(self, root):
        for f, b in self.files.items(): (root/f).parent.mkdir(parents=True, exist_ok=True); (root/f).write_bytes(b)
        for f, x in self.lists.items(): (root/f).write_bytes(x if isinstance(x, bytes) else '\n'.join([*x, '']).encode())
        for f in self.after:
            try: f(root)
            except (FileExistsError, FileNotFoundError, NotADirectoryError): self.need('either')    # the other change took it

# ---- changes: an image that is elsewhere, or is called otherwise
NAMES = dict(
    capitals=['{parent}/{stem}{upper}', '{parent}/{stem}{title}'], deeper=[f'{{parent}}/{d}/{{name}}' for d in ('sub', 'cam2', '0001')],
    other_format=['{parent}/{stem}' + e for e in ('.webp', '.tif', '.gif', '.heic', '.avif', '.jp2', '.jfif', '.ppm', '')],
    loose=['{above}/{name}'], other_name=[f'{{parent}}/{w}{{suffix}}' for w in ('photo', 'x_y_z', ' ', '-', 'P', 'ä', '%s', '~')],
    newline=['{parent}/{stem}\n2{suffix}'], not_utf8=['{parent}/{stem}\udcff{suffix}'],
    long=['{parent}/{stem}_' + 'x'*200 + '{suffix}'], blank=['{parent}/{stem} (copy){suffix}'])

def _an_image(t, pick): return Path(pick.one(sorted(t.files)))
def _renamer(name):
    def change(t, pick):
        a = _an_image(t, pick)
        words = dict(parent=a.parent, above=a.parent.parent, name=a.name, stem=a.stem, suffix=a.suffix)
        b = pick.one(NAMES[name]).format(**words, upper=a.suffix.upper(), title=a.suffix.title())
        t.move(str(a), os.path.normpath(b))
    change.__name__ = name
    return change

# ---- changes: something lies beside the images
JUNK = ('._x.jpg', '.ipynb_checkpoints/x-checkpoint.jpg', 'Thumbs.db', '.DS_Store', '__MACOSX/._y.png', '.hidden/7_c1.jpg')
def unchanged(t, pick): pass
def hidden(t, pick):
    d = _an_image(t, pick).parent
    t.files |= {f'{d}/{f}': b'\0'*50 for f in JUNK}
def hidden_above(t, pick):
    t.files |= dict.fromkeys(('.DS_Store', '__MACOSX/train/._0001.jpg', 'README.txt', '.git/config'), b'x')
def junk_person(t, pick):
    if t.layout == 'market': t.files['bounding_box_test/-1_c1s1_000001_00.jpg'] = PIXEL
BESIDE = dict(broken_link=lambda d: (d/'9_c1.jpg').symlink_to('nowhere.jpg'), loop=lambda d: (d/'again').symlink_to('..'),
              pipe=lambda d: os.mkfifo(d/'pipe.jpg'), folder_named_image=lambda d: (d/'x.jpg').mkdir())
def _adder(name):
    def change(t, pick):
        d = _an_image(t, pick).parent
        t.need('either'); t.after.append(lambda root: BESIDE[name](root/d))
    change.__name__ = name
    return change

# ---- changes: links, and what is not there
def link(t, pick):
    a = _an_image(t, pick)
    def act(root): (root/a).rename(root/'elsewhere.bin'); (root/a).symlink_to(root/'elsewhere.bin')
    t.after.append(act)
def linked_folder(t, pick):
    d, to = _an_image(t, pick).parent, 'tree.d'
    def act(root): (root/d).rename(root.with_name(to)); (root/d).symlink_to(root.with_name(to).absolute())
    t.after.append(act)
def no_split(t, pick): t.drop(pick.one(['train', 'query', 'gallery']))
def empty_split(t, pick):
    s = pick.one(['train', 'query', 'gallery'])
    folders = {Path(f).parent for x, f in t.truth if x == s}
    t.drop(s); t.after += [lambda root, d=d: (root/d).mkdir(parents=True, exist_ok=True) for d in folders]
def split_is_file(t, pick):
    d = pick.one(sorted({f.split('/')[0] for _, f in t.truth if '/' in f}))
    t.files = {f: b for f, b in t.files.items() if not f.startswith(f'{d}/')} | {d: b'x'}
    t.need('refuse')
def empty_file(t, pick): t.files[str(_an_image(t, pick))] = b''

# ---- changes: names of people, and side files
def _rename_people(t, keys, new):
    if t.layout != 'folder': return
    for s, f in keys:
        d, p, n = f.split('/')
        g = f'{d}/{new(p)}/{n}'
        t.files[g], t.truth[s, g] = t.files.pop(f), t.truth.pop((s, f))
    t.need('either')
def spaced_person(t, pick): _rename_people(t, [pick.one(sorted(t.truth))], '{} '.format)
def unicode_person(t, pick): _rename_people(t, [*t.truth], lambda p: unicodedata.normalize(pick.one(['NFC', 'NFD']), 'é') + p)

def _new_line(kind, line):
    if kind == 'comma': return line.replace(',', ';').replace(' ', ',')
    return dict(spaces=line + '  ', missing='gone_' + line, word='word', other=line[:-1] + '7').get(kind, line)
def side_file(t, pick):
    "One thing in one of the lists of DeepChange and MSMT17"
    if not t.lists: return
    f = pick.one(sorted(t.lists))
    lines, kind = list(t.lists[f]), pick.one('crlf bom blank spaces twice other missing empty binary word comma'.split())
    i = pick.number(0, len(lines))
    t.need('refuse' if kind in ('missing', 'empty', 'binary', 'word') else 'either')
    if kind == 'comma' or kind == 'other' and t.layout == 'msmt17': t.unclear()
    lines[i:i+1] = dict(blank=['', lines[i]], twice=[lines[i]]*2).get(kind, [_new_line(kind, lines[i])])
    text = '\ufeff'*(kind == 'bom') + ('\r\n' if kind == 'crlf' else '\n').join([*lines, ''])
    t.lists[f] = dict(empty=b'', binary=bytes(range(256))).get(kind, text.encode())
    t.did.append(kind)

CHANGES = [unchanged, *map(_renamer, NAMES), *map(_adder, BESIDE), hidden, hidden_above, junk_person, link, linked_folder, no_split,
           empty_split, split_is_file, empty_file, spaced_person, unicode_person, side_file, side_file]

def case(pick, d):
    t = Tree(pick.one(LAYOUTS))
    t.change(pick, CHANGES, twice=20)
    t.write(d/'tree')
    v, why = read(t.layout, d/'tree', d/'tree', t, KNOWN.get(t.layout, ()))
    return v, f'{t.layout}, {"+".join(t.did)}: {why}'
