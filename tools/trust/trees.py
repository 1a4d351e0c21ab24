"""A dataset's folders and names, with one thing or two changed: read rightly, warned of, or refused"""
import os, unicodedata
from pathlib import Path
from mutations import PIXEL, SPLITS, Dataset, read

WHOLE = 2500

# ---- names as the datasets' descriptions have them: of train, query and gallery, or of all
LAST = '{p:06d}_{n:06d}_{c}_{o}.jpg'
LAYOUTS = dict(
    folder=['{s}/{p:04d}/{n}_c{c}.jpg'], celeb=['{s}/{p}_{n}_0.jpg'],
    ltcc=['{f}/{p:03d}_{o}_c{c}_{n:06d}.png'], vcclothes=['{s}/{p:04d}-{c:02d}-{o:02d}-{n:04d}.jpg'],
    market=['{f}/{p:04d}_c{c}s1_{n:06d}_00.jpg'],
    prcc=['rgb/train/{p:03d}/{l}_{n:03d}.jpg', *['rgb/test/{l}/{p:03d}/rgb_{n:03d}.jpg']*2],
    deepchange=['{f}/P{p}_C{c}_{day}_{p}{o}{c}_{n:06d}_0.jpg'],
    msmt17=['{f}/{p:04d}/{p:04d}_{n:03d}_{c:02d}_0101morning_0.jpg'],
    last=['train/{p:06d}/' + LAST, 'test/query/' + LAST, 'test/gallery/{p:06d}/' + LAST])
FOLDERS = dict(ltcc=['train', 'query', 'test'], market=['bounding_box_train', 'query', 'bounding_box_test'],
               deepchange=['train-set', 'test-set-query', 'test-set-gallery'],
               msmt17=['train', 'test', 'test'])
BOTH, CAMERA = ('camid', 'clothid'), ('camid',)
KNOWN = dict(ltcc=BOTH, deepchange=BOTH, vcclothes=BOTH, prcc=CAMERA, market=CAMERA, msmt17=CAMERA)

def _name(layout, s, p, c, o, n):
    which, names = SPLITS.index(s), LAYOUTS[layout]
    f = FOLDERS.get(layout, SPLITS)[which]
    return names[which % len(names)].format(s=s, p=p, c=c, o=o, n=n, f=f, l=' ABCD'[c], day=20200100 + o)

def _in_prcc(s, c, o): return (o == 2) == (c == 3) and (s == 'train' or (s == 'gallery') == (c == 1))
def people(layout):
    "(split, person, camera, outfit, frame) of three people to train on and two to find"
    n = 0
    for s, p in [*(('train', p) for p in (1, 2, 3)), *((s, p) for s in SPLITS[1:] for p in (4, 5))]:
        for c in range(1, dict(vcclothes=4, prcc=3).get(layout, 2) + 1):
            for o in (1, 2):
                if layout != 'prcc' or _in_prcc(s, c, o): n += 1; yield s, p, c, o, n

class Tree(Dataset):
    "`files`: path → bytes; `lists`: side file → lines; `after`: what else is done to the folder, in its turn"
    def __init__(self, layout):
        super().__init__()
        self.layout, self.files, self.lists, self.after = layout, {}, {}, []
        for s, *row in people(layout):
            f = _name(layout, s, *row)
            self.files[f], self.truth[s, f] = PIXEL, dict(zip(('pid', 'camid', 'clothid'), row))
            d, name = f.split('/', 1)
            if layout == 'deepchange': self._list(f'{d}-bbox.txt', f"{name},{name.split('_')[3]}")
            if layout == 'msmt17': self._list(f'list_{s}.txt', f'{name} {row[0]}')
        if layout == 'msmt17': self._list('list_val.txt', self.lists['list_train.txt'].pop())
    def _list(self, name, line): self.lists.setdefault(name, []).append(line)
    def move(self, a, b):
        "The image `a` is at `b` instead: read there, left out with a warning, or refused"
        self.files[b] = self.files.pop(a); self.need('either')
        self.may.add(b)
        for s in [s for s, f in self.truth if f == a]: self.truth[s, b] = self.truth.pop((s, a))
    def drop(self, split):
        for s, f in [k for k in self.truth if k[0] == split]: self.files.pop(f, None); del self.truth[s, f]
        self.need('refuse')
    def write(self, root):
        for f, b in self.files.items():
            (root/f).parent.mkdir(parents=True, exist_ok=True); (root/f).write_bytes(b)
        for f, x in self.lists.items():
            (root/f).write_bytes(x if isinstance(x, bytes) else '\n'.join([*x, '']).encode())
        for act in self.after:                                     # the other change may have moved its file
            try: act(root)
            except (FileExistsError, FileNotFoundError, NotADirectoryError): self.need('either')

# ---- changes: an image is elsewhere, or is called otherwise
NAMES = dict(
    capitals=['{parent}/{stem}{upper}', '{parent}/{stem}{title}'], loose=['{above}/{name}'],
    deeper=[f'{{parent}}/{d}/{{name}}' for d in ('sub', 'cam2', '0001')],
    other_format=['{parent}/{stem}.' + e for e in 'webp tif gif heic avif jp2 jfif ppm'.split()],
    other_name=[f'{{parent}}/{w}{{suffix}}' for w in ('photo', 'x_y_z', ' ', '-', 'P', 'ä', '%s', '~')],
    odd_name=[f'{{parent}}/{{stem}}{w}{{suffix}}' for w in ('\n2', '\udcff', '_' + 'x'*200, ' (copy)')])

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
JUNK = '._x.jpg', '.ipynb_checkpoints/x-checkpoint.jpg', 'Thumbs.db', '__MACOSX/._y.png', '.hidden/7_c1.jpg'
def unchanged(t, pick): pass
def hidden(t, pick):
    d = _an_image(t, pick).parent
    t.files |= {f'{d}/{f}': b'\0'*50 for f in JUNK}
def hidden_above(t, pick):
    t.files |= dict.fromkeys(('.DS_Store', '__MACOSX/train/._0001.jpg', 'README.txt', '.git/config'), b'x')
def junk_person(t, pick):
    if t.layout == 'market': t.files['bounding_box_test/-1_c1s1_000001_00.jpg'] = PIXEL
BESIDE = dict(broken_link=lambda d: (d/'9_c1.jpg').symlink_to('nowhere.jpg'),
              loop=lambda d: (d/'again').symlink_to('.'), knot=lambda d: (d/'knot').symlink_to('knot'),
              pipe=lambda d: os.mkfifo(d/'pipe.jpg'), folder_named_image=lambda d: (d/'x.jpg').mkdir())
def _adder(name):
    def change(t, pick):
        d = pick.one([_an_image(t, pick).parent, Path()])
        t.need('either'); t.after.append(lambda root: BESIDE[name](root/d))
    change.__name__ = name
    return change

# ---- changes: links, and what is not there
def link(t, pick):
    a = _an_image(t, pick)
    to = f'elsewhere{len(t.after)}.bin'
    def act(root): (root/a).rename(root/to); (root/a).symlink_to(root/to)
    t.after.append(act)
def linked_folder(t, pick):
    d, to = _an_image(t, pick).parent, f'tree{len(t.after)}.d'
    def act(root): (root/d).rename(root.with_name(to)); (root/d).symlink_to(root.with_name(to).absolute())
    t.after.append(act)
def no_split(t, pick): t.drop(pick.one(SPLITS))
def empty_split(t, pick):
    s = pick.one(SPLITS)
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
def unicode_person(t, pick):
    _rename_people(t, [*t.truth], lambda p: unicodedata.normalize(pick.one(['NFC', 'NFD']), 'é') + p)

def _new_line(kind, line):
    if kind == 'comma': return line.replace(',', ';').replace(' ', ',')
    new = dict(spaces=line + '  ', missing='gone_' + line, word='word', other=line[:-1] + '7')
    return new.get(kind, line)
SIDE = 'crlf bom blank spaces twice other missing empty binary word comma'.split()
def side_file(t, pick):
    "One thing in one of the lists of DeepChange and MSMT17"
    names = sorted(f for f, x in t.lists.items() if isinstance(x, list))
    if not names: return
    f = pick.one(names)
    lines, kind = list(t.lists[f]), pick.one(SIDE)
    i = pick.number(0, len(lines))
    t.need('refuse' if kind in ('missing', 'empty', 'binary', 'word') else 'either')
    if kind == 'comma' or kind == 'other' and t.layout == 'msmt17': t.unclear()
    lines[i:i+1] = dict(blank=['', lines[i]], twice=[lines[i]]*2).get(kind, [_new_line(kind, lines[i])])
    text = '\ufeff'*(kind == 'bom') + ('\r\n' if kind == 'crlf' else '\n').join([*lines, ''])
    t.lists[f] = dict(empty=b'', binary=bytes(range(256))).get(kind, text.encode())
    t.did.append(kind)

RENAMES = [_renamer(name) for name in NAMES]
CHANGES = [unchanged, *RENAMES, *RENAMES, *map(_adder, BESIDE), hidden, hidden_above, junk_person, link,
           linked_folder, no_split, empty_split, split_is_file, empty_file, spaced_person, unicode_person,
           side_file, side_file]

def case(pick, d):
    t = Tree(pick.one(LAYOUTS))
    t.change(pick, CHANGES, twice=20)
    t.write(d/'tree')
    v, why = read(t.layout, d/'tree', d/'tree', t, KNOWN.get(t.layout, ()))
    return v, f'{t.layout}, {"+".join(t.did)}: {why}'
