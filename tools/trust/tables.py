"""A CSV file of images, with one thing or two changed: read rightly, or refused"""
import csv, io, os, unicodedata
from trees import IDS, PIXEL, SPLITS, Dataset, people, read

WHOLE = 2500

def _key(row): return row['split'].strip(), os.path.normpath(row['path'].strip().replace('\\', '/'))

class Table(Dataset):
    "`rows` of path, pid, split, camid, clothid; `text`, once a change has made it"
    def __init__(self, root):
        super().__init__()
        self.rows = [dict(path=f'im/{p}_{c}_{o}_{n}.jpg', pid=f'P{p}', split=s, camid=f'{c}', clothid=f'{o}')
                     for s, p, c, o, n in people('csv')]
        self.truth = {_key(row): dict(row) for row in self.rows}
        self.text, self.sep, self.end, self.code = None, ',', '\n', 'utf-8'
        (root/'im').mkdir()
        for row in self.rows: (root/row['path']).write_bytes(PIXEL)
    def as_text(self):
        if self.text is not None: return self.text
        s, columns = io.StringIO(), dict.fromkeys(c for row in self.rows for c in row)
        w = csv.DictWriter(s, columns, delimiter=self.sep, lineterminator=self.end)
        w.writeheader(); w.writerows(self.rows)
        return s.getvalue()
    def replace(self, text, rule='either'): self.text = text; self.need(rule)

# ---- changes of a field: what it becomes ({v}: it, {n}: its last letter), what a reader must do, which rows
NOBODY = ['', 'nan', 'None']
LOST = ['', 'gone.jpg', '/', '.', '..', 'im', '\\', 'http://x/y.jpg', '\0', 'im/' + 'x'*300]
SPACED = ['{v} ', ' {v}', '\t{v}', '{v}\u00a0']
ACCENTS = [unicodedata.normalize(form, 'é{v}') for form in ('NFC', 'NFD')]
FIELDS = dict(
    spaced_pid=('pid', SPACED, 'either', 'one'), spaced_split=('split', SPACED, 'either', 'one'),
    spaced_camera=('camid', SPACED, 'either', 'one'), spaced_outfit=('clothid', SPACED, 'either', 'one'),
    numbers=('pid', ['{n}', '00{n}', str(2**60)[:-1] + '{n}', '9'*30 + '{n}'], 'read', 'all'),
    floats=('pid', ['{n}.0'], 'either', 'all'), accents=('pid', ACCENTS, 'read', 'all'),
    one_otherwise=('pid', ['{v}.0', '0{v}', '{n}', *ACCENTS], 'unclear', 'one'),
    no_camera=('camid', ['', '-1', 'nan', 'None', 'NaN', 'null', ' '], 'read', 'unknown'),
    no_outfit=('clothid', ['', '-1', 'nan', 'None'], 'read', 'unknown'),
    no_person=('pid', NOBODY, 'refuse', 'one'),
    other_split=('split', ['test', 'val', '', 'TRAIN', 'Query', 'gallery2', '0', 'nan'], 'unclear', 'one'),
    all_test=('split', ['test'], 'refuse', 'all'), no_path=('path', LOST, 'refuse', 'one'),
    dots=('path', ['./{v}', 'im/../{v}'], 'read', 'one'), backslash=('path', ['{b}'], 'either', 'one'))

def a_field(t, pick):
    name = pick.one(FIELDS)
    field, texts, rule, which = FIELDS[name]
    text = pick.one(texts)
    for row in t.rows if which == 'all' else [pick.one(t.rows)]:
        v = row[field]
        if which == 'all' and v in NOBODY: continue
        row[field] = text.format(v=v, n=v.strip()[-1:], b=v.replace('/', '\\'))
        if which == 'unknown': t.truth[_key(row)][field] = None
    t.did.append(name)
    if rule == 'unclear': t.unclear()
    else: t.need(rule)

# ---- changes of rows, columns and the text
def twice(t, pick): t.rows.append(dict(pick.one(t.rows))); t.need('either')
def two_people(t, pick): t.rows.append(pick.one(t.rows) | dict(pid='P9')); t.need('refuse')
def order(t, pick):
    columns = pick.order(t.rows[0])
    t.rows = [{c: row[c] for c in columns} for row in pick.order(t.rows)]
def further_column(t, pick):
    name, text = pick.one(['', 'note']), pick.one(['a', '"', ',', 'é\n', ''])
    t.rows = [{name: text} | row for row in t.rows]
def no_column(t, pick):
    name = pick.one(['path', 'pid', 'split'])
    for row in t.rows: del row[name]
    t.unclear(); t.need('refuse')
def no_split(t, pick):
    split = pick.one(SPLITS)
    t.rows = [row for row in t.rows if row['split'].strip() != split]; t.need('refuse')
def line_end(t, pick): t.end = pick.one(['\r\n', '\r'])
def separator(t, pick): t.sep = pick.one([';', '\t', '|']); t.need('either')
def encoding(t, pick): t.code = pick.one(['utf-8-sig', 'utf-16', 'utf-16-le', 'utf-32']); t.need('either')
def capitals(t, pick):
    name = pick.one(['path', 'pid', 'split'])
    t.replace(t.as_text().replace(name, name.upper(), 1))
def blank_lines(t, pick): t.replace(t.as_text().replace('\n', '\n\n', 3))
def empty(t, pick):
    head = t.as_text().split(t.end)[0]
    t.replace(pick.one(['', '\n', ' ', head, head + t.end]), 'refuse')
def further_field(t, pick):
    t.unclear(); t.replace(t.as_text().replace(t.end, t.sep + pick.one(['', 'more', 'a,b']) + t.end))
CELLS = ['', ' ', '\t', '\n', '\0', '\ufeff', '\u200b', 'e\u0301', 'a ', '2'*30, 'x'*5000,
         *'é -1 nan None 0009 9 9.0 " "" , ; \\ ../ / 1e400 train QUERY gallery im /dev/zero'.split()]
def anything(t, pick):
    "Anything anywhere, in quotes or not; or all from there on is gone"
    text, more = t.as_text(), pick.one(CELLS)
    j = pick.number(0, len(text) + 1)
    t.unclear(); t.replace(text[:j] if pick.chance(20) else text[:j] + more + text[j + pick.number(0, 4):])

CHANGES = [order, further_column, *[a_field]*16, twice, two_people, no_column, no_split, line_end,
           separator, encoding, capitals, blank_lines, empty, further_field, anything, anything]

def case(c, pick, d):
    t = Table(d)
    t.change(pick, CHANGES, twice=25)
    (d/'t.csv').write_bytes(t.as_text().encode(t.code))
    return read('csv', d/'t.csv', d, t, IDS)
