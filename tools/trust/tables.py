"""A CSV file of images, with one thing or two changed: read rightly, or refused"""
import csv, io, os, unicodedata
from mutations import PIXEL, Dataset, read
from trees import people

WHOLE = 2500
SPLITS = 'train', 'query', 'gallery'

def _key(row): return row['split'].strip(), os.path.normpath(row['path'].strip().replace('\\', '/'))

class Table(Dataset):
    "`rows` of path, pid, split, camid, clothid; `text`, once a change has made it: str or bytes"
    def __init__(self):
        super().__init__()
        self.rows = [dict(path=f'im/{p}_{c}_{o}_{n}.jpg', pid=f'P{p}', split=s, camid=f'{c}', clothid=f'{o}')
                     for s, p, c, o, n in people('csv')]
        self.truth = {_key(row): dict(row) for row in self.rows}
        self.images, self.sep, self.end, self.code, self.text = [row['path'] for row in self.rows], ',', '\n', 'utf-8', None
    def columns(self): return list(dict.fromkeys(c for row in self.rows for c in row))
    def as_text(self):
        if isinstance(self.text, str): return self.text
        s = io.StringIO()
        w = csv.DictWriter(s, self.columns(), delimiter=self.sep, lineterminator=self.end)
        w.writeheader(); w.writerows(self.rows)
        return s.getvalue()
    def write(self, root):
        for f in self.images: (root/f).parent.mkdir(parents=True, exist_ok=True); (root/f).write_bytes(PIXEL)
        text = self.text if isinstance(self.text, bytes) else self.as_text().encode(self.code)
        (root/'t.csv').write_bytes(text)
    def set(self, field, new, every=False, pick=None):
        "`new(value)` as `field` of every row, or of one that is picked; those rows"
        rows = self.rows if every else [pick.one(self.rows)]
        for row in rows: row[field] = new(row[field])
        return rows

# ---- changes of one field: the texts that it may become ({v}: it, {n}: its last character), what a reader must do, rows
UNKNOWN, NOBODY = ['', '-1', 'nan', 'NaN', 'None', 'null', ' '], ['', 'nan', 'None']
LOST = ['', 'gone.jpg', '/', '.', '..', 'im', '\\', 'http://x/y.jpg', '\0', 'im/' + 'x'*300]
SPACED = ['{v} ', ' {v}', '\t{v}', '{v}\u00a0']
OTHER_SPLITS = ['test', 'val', '', 'TRAIN', 'Query', 'gallery2', '0', 'nan']
FIELDS = dict(spaced_pid=('pid', SPACED, 'either', 'one'), spaced_split=('split', SPACED, 'either', 'one'),
              spaced_camera=('camid', SPACED, 'either', 'one'), spaced_outfit=('clothid', SPACED, 'either', 'one'),
              numbers=('pid', ['{n}'], 'read', 'all'), large=('pid', [str(2**60)[:-1] + '{n}'], 'read', 'all'),
              huge=('pid', ['9'*30 + '{n}'], 'read', 'all'), zeros=('pid', ['00{n}'], 'read', 'all'),
              floats=('pid', ['{n}.0'], 'either', 'all'), no_camera=('camid', UNKNOWN, 'read', 'unknown'),
              no_outfit=('clothid', UNKNOWN[:4], 'read', 'unknown'), no_person=('pid', NOBODY, 'refuse', 'one'),
              no_path=('path', LOST, 'refuse', 'one'), all_test=('split', ['test'], 'refuse', 'all'),
              dot=('path', ['./{v}'], 'read', 'one'), up=('path', ['im/../{v}'], 'read', 'one'))
def _field(name):
    field, texts, rule, which = FIELDS[name]
    def change(t, pick):
        text = pick.one(texts)
        rows = t.set(field, lambda v: text.format(v=v, n=v.strip()[-1:]), which == 'all', pick)
        if which == 'unknown':
            for row in rows: t.truth[_key(row)][field] = None
        t.need(rule)
    change.__name__ = name
    return change

def mixed(t, pick):
    t.set('pid', lambda v: v[1:], every=True)
    t.set('pid', pick.one(['{}.0', '0{}']).format, pick=pick); t.need('either')
def unicode(t, pick):
    t.set('pid', lambda v: unicodedata.normalize(pick.one(['NFC', 'NFD']), 'é') + v, every=True); t.need('either')
def other_split(t, pick):
    word = pick.one(OTHER_SPLITS)
    t.set('split', lambda v: word, pick=pick); t.unclear()
def backslash(t, pick): t.set('path', lambda v: v.replace('/', '\\'), pick=pick); t.need('either')

# ---- changes of rows and columns
def twice(t, pick): t.rows.append(dict(pick.one(t.rows))); t.need('either')
def two_people(t, pick): t.rows.append(pick.one(t.rows) | dict(pid='P9')); t.need('refuse')
def order(t, pick): t.rows = pick.order(t.rows)
def columns(t, pick):
    names = pick.order(t.columns())
    t.rows = [{c: row[c] for c in names} for row in t.rows]
def further_column(t, pick): t.rows = [row | dict(note=pick.one(['a', '"', ',', 'é\n', ''])) for row in t.rows]
def numbered(t, pick): t.rows = [{'': i} | row for i, row in enumerate(t.rows)]
def no_column(t, pick):
    name = pick.one(['path', 'pid', 'split'])
    t.rows = [{c: v for c, v in row.items() if c != name} for row in t.rows]
    t.need('refuse'); t.truth = None
def capitals(t, pick):
    name = pick.one(['path', 'pid', 'split'])
    _text(t, t.as_text().replace(name, name.upper(), 1))
def no_split(t, pick):
    split = pick.one(SPLITS)
    t.rows = [row for row in t.rows if row['split'].strip() != split]; t.need('refuse')

# ---- changes of the text
def _text(t, text, rule='either', clear=True):
    t.text = text; t.need(rule)
    if not clear: t.truth = None
def line_end(t, pick): t.end = pick.one(['\r\n', '\r'])
def separator(t, pick): t.sep = pick.one([';', '\t', '|']); t.need('either')
def encoding(t, pick): t.code = pick.one(['utf-8-sig', 'utf-16', 'utf-16-le', 'utf-32']); t.need('either')
def blank_lines(t, pick): _text(t, t.as_text().replace('\n', '\n\n', 3))
def empty(t, pick):
    head = t.as_text().split(t.end)[0]
    _text(t, pick.one(['', '\n', ' ', head, head + t.end]), 'refuse')
def a_byte(t, pick):
    b = bytearray(t.as_text().encode())
    b[pick.number(0, len(b))] = pick.number(0, 256)
    _text(t, bytes(b), clear=False)
def cut(t, pick): _text(t, t.as_text()[:pick.number(0, len(t.as_text()))], clear=False)
def further_field(t, pick):
    more = pick.one(['', 'more', 'a,b'])
    _text(t, t.as_text().replace(t.end, f'{t.sep}{more}{t.end}'), clear=False)
def open_quote(t, pick): _text(t, t.as_text().replace('P2', '"P2', 1), clear=False)
CELLS = ['', ' ', '-1', 'nan', 'None', '0009', '9', '9.0', 'a ', '"', '""', ',', ';', '\t', '\n', '\0', '\\', '../', '/', 'é',
         'e\u0301', '\ufeff', '\u200b', '2'*30, '1e400', 'train', 'QUERY', 'gallery', 'im', '/dev/zero', 'x'*5000]
def anything(t, pick):
    "Anything anywhere, in quotes or not"
    text = t.as_text()
    j = pick.number(0, len(text))
    _text(t, text[:j] + pick.one(CELLS) + text[j + pick.number(0, 4):], clear=False)

CHANGES = [order, columns, further_column, numbered, *map(_field, FIELDS), mixed, unicode, other_split, backslash, twice, two_people,
           no_column, capitals, no_split, line_end, separator, encoding, blank_lines, empty, a_byte, cut, further_field,
           open_quote, anything]

def case(pick, d):
    t = Table()
    t.change(pick, CHANGES, twice=25)
    t.write(d)
    v, why = read('csv', d/'t.csv', d, t, ('camid', 'clothid'))
    return v, f'{"+".join(t.did)}: {why}'
